{# The month of a day as text, YYYY-MM; null where the day is. #}
{% macro month_of(day) -%}
    substring(cast({{ day }} as string), 1, 7)
{%- endmacro %}
