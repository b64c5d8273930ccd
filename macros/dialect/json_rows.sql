{#
    A subquery with one row for each element of the JSON list in the column `list` (text) of `relation`: its `columns`, and
    `item` (JSON) and `position` (from 1). No rows for a null or an empty list.
    Not a lateral join: DuckDB would join the rows back by the text of the list, and so copy a long list once for each of
    its elements.
#}
{% macro json_rows(relation, columns, list, item, position) -%}
    {{ return(adapter.dispatch('json_rows', 'kit_outcomes')(relation, columns, list, item, position)) }}
{%- endmacro %}

{% macro default__json_rows(relation, columns, list, item, position) -%}
    (
        select
            {{ columns | join(', ') }},
            unnest(items_of_list) as {{ item }},
            generate_subscripts(items_of_list, 1) as {{ position }}
        from (select {{ columns | join(', ') }}, json_extract({{ list }}, '$[*]') as items_of_list from {{ relation }}) as lists
    )
{%- endmacro %}
