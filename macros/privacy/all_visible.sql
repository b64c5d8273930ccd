{# Condition: true where none of the released counts is hidden. #}
{% macro all_visible(counts) -%}
    ({{ counts | join(' is not null and ') }} is not null)
{%- endmacro %}
