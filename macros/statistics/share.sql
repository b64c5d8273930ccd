{# numerator / denominator as a double fraction; null where the denominator is 0 or null. #}
{% macro share(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}
