{#- Every column of a record that names a concept: table and column. Vocabularies may be huge; only these concepts are looked up. -#}
{%- set mentions = [
    ('person', 'gender_concept_id'),
    ('person', 'race_concept_id'),
    ('person', 'ethnicity_concept_id'),
    ('condition_occurrence', 'condition_concept_id'),
    ('condition_occurrence', 'condition_source_concept_id'),
    ('condition_occurrence', 'condition_status_concept_id'),
    ('drug_exposure', 'drug_concept_id'),
    ('drug_exposure', 'drug_source_concept_id'),
    ('drug_exposure', 'drug_type_concept_id'),
    ('drug_exposure', 'route_concept_id'),
    ('measurement', 'measurement_concept_id'),
    ('measurement', 'measurement_source_concept_id'),
    ('measurement', 'value_as_concept_id'),
    ('measurement', 'unit_concept_id'),
    ('observation', 'observation_concept_id'),
    ('observation', 'observation_source_concept_id'),
    ('observation', 'value_as_concept_id'),
    ('observation', 'unit_concept_id'),
    ('drug_strength', 'ingredient_concept_id'),
    ('drug_strength', 'numerator_unit_concept_id'),
    ('drug_strength', 'denominator_unit_concept_id'),
] -%}
{{ config(materialized='table') }}

with omop_concepts as (
    select * from {{ ref('omop_concepts') }}
),

diagnosis_code_sets as (
    select * from {{ ref('diagnosis_code_sets') }}
    where code_system = 'omop'
),

vocabulary as (
    select
        {{ record_columns() }},
        try_cast(concept_id as bigint) as concept_number,
        concept_id,
        vocabulary_id,
        concept_code
    from {{ source('omop', 'concept') }}
),

code_systems as (
    select * from {{ ref('code_systems') }}
),

mentioned as (
    {%- for table_name, column_name in mentions %}
    select
        site_id,
        {{ column_name }} as concept_text
    from {{ source('omop', table_name) }}
    group by site_id, {{ column_name }}
    union all
    {%- endfor %}
    select
        cast(null as string) as site_id,
        cast(concept_id as string) as concept_text
    from omop_concepts
    union all
    select
        cast(null as string) as site_id,
        code as concept_text
    from diagnosis_code_sets
),

keyed as (
    select
        {{ concept_key('concept_text') }} as concept_key,
        max(try_cast({{ remove_matches('concept_text', '[.].*$') }} as bigint)) as concept_number
    from mentioned
    group by {{ concept_key('concept_text') }}
),

used as (
    select * from keyed
    where concept_key is not null
),

defined as (
    select
        used.concept_key,
        coalesce(code_systems.code_system, 'unknown') as code_system,
        vocabulary.concept_code as code,
        -- Vocabularies of several deliveries: the newest that has the concept.
        row_number() over (
            partition by used.concept_key
            order by vocabulary.delivered_on desc, vocabulary.site_id asc, vocabulary.file asc, vocabulary.row_number asc
        ) as definition_number
    from used
    inner join vocabulary
        on
            used.concept_number = vocabulary.concept_number
            and used.concept_key = {{ concept_key('vocabulary.concept_id', site_id='vocabulary.site_id') }}
    left join code_systems on {{ system_key('vocabulary.vocabulary_id') }} = code_systems.identifier
    where vocabulary.concept_code is not null
),

concepts as (
    select
        used.concept_key,
        used.concept_number,
        defined.code_system,
        defined.code
    from used
    left join defined on used.concept_key = defined.concept_key and defined.definition_number = 1
)

select * from concepts
