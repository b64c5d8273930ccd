{#- Tables whose lines carry nothing for the flat tables. They may be huge: only where a line came from is passed on. -#}
{%- set unused_tables = ['observation_period', 'visit_occurrence', 'concept', 'concept_ancestor', 'drug_strength', 'cdm_source'] -%}

with deaths as (
    select * from {{ ref('stg_omop__deaths') }}
),

results as (
    select * from {{ ref('stg_omop__results') }}
    where vital is null and role is null and not is_malformed
),

survey_rows as (
    select * from {{ ref('stg_omop__survey_rows') }}
    where not is_form and not is_answer
),

lines as (
    {%- for table_name in unused_tables %}
    select
        {{ record_columns() }},
        is_malformed,
        cast(null as string) as missing_column,
        cast(null as string) as unparsable_column
    from {{ source('omop', table_name) }}
    union all
    {%- endfor %}
    select
        {{ record_columns() }},
        is_malformed,
        missing_column,
        unparsable_column
    from deaths
    union all
    select
        {{ record_columns() }},
        false as is_malformed,
        cast(null as string) as missing_column,
        cast(null as string) as unparsable_column
    from results
    union all
    select
        {{ record_columns() }},
        false as is_malformed,
        cast(null as string) as missing_column,
        cast(null as string) as unparsable_column
    from survey_rows
),

unused as (
    select
        {{ record_columns() }},
        'unused' as table_name,
        is_malformed,
        cast(null as string) as restricted_label,
        missing_column,
        unparsable_column
    from lines
)

select * from unused
