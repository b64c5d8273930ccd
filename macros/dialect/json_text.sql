{# The scalar at `path` ($.code, $.value) of a JSON document as trimmed text; null where it is absent, null or empty. An object or a list comes as its JSON text. #}
{% macro json_text(json, path) -%}
    {{ return(adapter.dispatch('json_text', 'kit_outcomes')(json, path)) }}
{%- endmacro %}

{% macro default__json_text(json, path) -%}
    nullif(trim(json_extract_string({{ json }}, '{{ path }}')), '')
{%- endmacro %}
