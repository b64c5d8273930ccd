{#
    A lateral join that gives one row for each element of the JSON list in `list` (text), as columns `item` (JSON) and
    `position` (from 1) of `relation`. No rows for a null or an empty list.
#}
{% macro json_rows(list, relation, item, position) -%}
    {{ return(adapter.dispatch('json_rows', 'kit_outcomes')(list, relation, item, position)) }}
{%- endmacro %}

{% macro default__json_rows(list, relation, item, position) -%}
    cross join unnest(json_extract({{ list }}, '$[*]')) with ordinality as {{ relation }} ({{ item }}, {{ position }})
{%- endmacro %}
