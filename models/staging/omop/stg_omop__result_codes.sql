{%- set tables = ['measurement', 'observation'] -%}
{{ config(materialized='table') }}

with concepts as (
    select * from {{ ref('stg_omop__concepts') }}
),

vitals as (
    {{ concept_values_of('vital') }}
),

vital_codes as (
    select * from {{ ref('coded_values') }}
    where field = 'vital'
),

questionnaire_codes as (
    select * from {{ ref('questionnaire_codes') }}
),

named as (
    {%- for table_name in tables %}
    select
        site_id,
        coalesce({{ table_name }}_concept_id, 'none') as concept_text,
        coalesce({{ table_name }}_source_concept_id, 'none') as source_concept_text,
        coalesce({{ table_name }}_source_value, 'none') as source_value
    from {{ source('omop', table_name) }}
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
),

-- What a row says of itself, in the order of trust: the concept of the source's code, the standard concept, the code as it is written.
codings as (
    select
        named.*,
        1 as precedence,
        source_concepts.concept_key,
        source_concepts.code_system,
        source_concepts.code
    from named
    inner join concepts as source_concepts
        on {{ concept_key('named.source_concept_text', site_id='named.site_id') }} = source_concepts.concept_key
    union all
    select
        named.*,
        2 as precedence,
        concepts.concept_key,
        concepts.code_system,
        concepts.code
    from named
    inner join concepts on {{ concept_key('named.concept_text', site_id='named.site_id') }} = concepts.concept_key
    union all
    select
        named.*,
        3 as precedence,
        cast(null as string) as concept_key,
        'loinc' as code_system,
        regexp_extract(named.source_value, '[0-9]{1,7}-[0-9]$', 0) as code
    from named
    where {{ regexp_like('upper(named.source_value)', '^(LOINC *[:|]? *)?[0-9]{1,7}-[0-9]$') }}
),

meanings as (
    select
        codings.*,
        coalesce(vitals.value, vital_codes.value) as vital,
        questionnaire_codes.instrument,
        questionnaire_codes.role,
        questionnaire_codes.item_number
    from codings
    left join vitals on codings.concept_key = vitals.concept_key
    left join vital_codes on codings.code_system = vital_codes.code_system and codings.code = vital_codes.code
    left join questionnaire_codes
        on codings.code_system = questionnaire_codes.code_system and codings.code = questionnaire_codes.code
),

ranked as (
    select
        *,
        row_number() over (
            partition by site_id, concept_text, source_concept_text, source_value
            order by precedence
        ) as meaning_number
    from meanings
    where vital is not null or role is not null
),

result_codes as (
    select
        site_id,
        concept_text,
        source_concept_text,
        source_value,
        case when role is null then vital end as vital,
        instrument,
        role,
        item_number
    from ranked
    where meaning_number = 1
)

select * from result_codes
