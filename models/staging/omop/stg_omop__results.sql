{#- The two tables that hold results; ids of the second may equal ids of the first, so its own name stands before them. -#}
{%- set tables = {'measurement': '', 'observation': 'observation/'} -%}

with result_codes as (
    select * from {{ ref('stg_omop__result_codes') }}
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

lines as (
    {%- for table_name, prefix in tables.items() %}
    select
        {{ record_columns() }},
        '{{ prefix }}' || {{ omop_id(table_name ~ '_id') }} as result_id,
        person_id,
        coalesce({{ table_name }}_concept_id, 'none') as concept_text,
        coalesce({{ table_name }}_source_concept_id, 'none') as source_concept_text,
        coalesce({{ table_name }}_source_value, 'none') as source_value,
        {{ table_name }}_date as result_date,
        {{ table_name }}_datetime as result_datetime,
        value_as_number,
        {% if table_name == 'observation' %}coalesce(value_as_string, value_source_value){% else %}cast(null as string){% endif %} as value_as_text,
        value_as_concept_id,
        unit_concept_id,
        unit_source_value,
        is_malformed
    from {{ source('omop', table_name) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

results as (
    select
        {{ record_columns('lines') }},
        lines.result_id,
        {{ omop_id('lines.person_id') }} as patient_id,
        result_codes.vital,
        result_codes.instrument,
        result_codes.role,
        result_codes.item_number,
        coalesce({{ local_text('lines.result_datetime', 'site_time_zones.time_zone') }}, lines.result_date) as result_at_text,
        coalesce(lines.value_as_number, lines.value_as_text) as number_text,
        lines.value_as_number,
        lines.value_as_concept_id,
        lines.unit_concept_id,
        lines.unit_source_value,
        lines.is_malformed
    from lines
    left join result_codes
        on
            lines.site_id = result_codes.site_id
            and lines.concept_text = result_codes.concept_text
            and lines.source_concept_text = result_codes.source_concept_text
            and lines.source_value = result_codes.source_value
    left join site_time_zones on lines.site_id = site_time_zones.site_id
)

select * from results
