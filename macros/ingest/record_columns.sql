{# The columns that say where a record came from; together the key of every staged and vetted record. #}
{% macro record_columns(alias=none) -%}
    {%- for column in ['site_id', 'delivered_on', 'file', 'row_number'] -%}
        {{ alias ~ '.' if alias }}{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
