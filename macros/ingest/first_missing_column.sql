{# Name of the first required column (in the declared order) that a raw record lacks, else null. `except`: columns whose need depends on other values. #}
{% macro first_missing_column(source_name, table_name, except=[]) -%}
    {%- set required = [] -%}
    {%- for column in delivered_columns(source_name, table_name) if column.is_required and column.name not in except -%}
        {%- do required.append(column.name) -%}
    {%- endfor -%}
    case
        {%- for name in required %}
        when {{ name }} is null then '{{ name }}'
        {%- endfor %}
        {%- if not required %}
        when false then ''
        {%- endif %}
    end
{%- endmacro %}
