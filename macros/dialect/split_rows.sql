{# A lateral join that gives one row for each part of `text` between commas; the part is column `alias`. #}
{% macro split_rows(text, alias) -%}
    {{ return(adapter.dispatch('split_rows', 'kit_outcomes')(text, alias)) }}
{%- endmacro %}

{% macro default__split_rows(text, alias) -%}
    cross join unnest(string_split({{ text }}, ',')) as _parts ({{ alias }})
{%- endmacro %}
