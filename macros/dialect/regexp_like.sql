{# true where `text` contains a match of `pattern` (RE2 on DuckDB). Anchor patterns and write [0-9]: engines differ on the shorthands. #}
{% macro regexp_like(text, pattern) -%}
    {{ return(adapter.dispatch('regexp_like', 'kit_outcomes')(text, pattern)) }}
{%- endmacro %}

{% macro default__regexp_like(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}
