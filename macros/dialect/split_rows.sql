{# A lateral join that gives one row for each part of `text` between commas, as column `column` of `relation`. #}
{% macro split_rows(text, relation, column) -%}
    {{ return(adapter.dispatch('split_rows', 'kit_outcomes')(text, relation, column)) }}
{%- endmacro %}

{% macro default__split_rows(text, relation, column) -%}
    cross join unnest(string_split({{ text }}, ',')) as {{ relation }} ({{ column }})
{%- endmacro %}
