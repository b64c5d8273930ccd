{# `text` without every match of `pattern` (some engines replace only the first unless told). #}
{% macro remove_matches(text, pattern) -%}
    {{ return(adapter.dispatch('remove_matches', 'kit_outcomes')(text, pattern)) }}
{%- endmacro %}

{% macro default__remove_matches(text, pattern) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '', 'g')
{%- endmacro %}
