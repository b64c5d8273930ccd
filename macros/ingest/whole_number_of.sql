{# As `number_of`, but null where the number has a fraction: 3.0 is 3, 2.5 does not parse. Still a double, so that a number too large for any range is out of range and not unreadable. #}
{% macro whole_number_of(text) -%}
    case when floor({{ number_of(text) }}) = {{ number_of(text) }} then {{ number_of(text) }} end
{%- endmacro %}
