{# `text` unless it is a date of a year, or of a year and a month, alone: for days that are not needed, so that a partial one quarantines nothing. #}
{% macro unless_partial(text) -%}
    case when not {{ regexp_like(text, '^[0-9]{4}(-[0-9]{2})?$') }} then {{ text }} end
{%- endmacro %}
