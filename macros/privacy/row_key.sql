{# The key of a row as one text: its key columns with a bar between them. #}
{% macro row_key(columns) -%}
    {{ columns | join(" || '|' || ") }}
{%- endmacro %}
