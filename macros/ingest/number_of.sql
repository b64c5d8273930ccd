{#
    The number (double) in a text of digits with an optional sign and decimal point; null for anything else, such as
    1,02 or 47/80 or 180 lb or 1e3 or NaN.
#}
{% macro number_of(text) -%}
    case when {{ regexp_like(text, '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$') }} then try_cast({{ text }} as double) end
{%- endmacro %}
