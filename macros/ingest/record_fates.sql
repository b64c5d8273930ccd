{# The fate and the reason of every record of one vetted model, named after the flat table that it came from. #}
{% macro record_fates(vetted, table_name) -%}
    select
        {{ record_columns() }},
        '{{ table_name }}' as table_name,
        fate,
        reason
    from {{ ref(vetted) }}
{%- endmacro %}
