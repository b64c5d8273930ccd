{# The object or list at `path` ($.code.coding) of a JSON document as compact JSON text; null where it is absent. #}
{% macro json_part(json, path) -%}
    {{ return(adapter.dispatch('json_part', 'kit_outcomes')(json, path)) }}
{%- endmacro %}

{% macro default__json_part(json, path) -%}
    cast(json_extract({{ json }}, '{{ path }}') as string)
{%- endmacro %}
