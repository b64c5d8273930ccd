{#
    A subquery with one row for each part of `text` (an expression over columns of `relation`) between commas: the `columns`
    of the relation, and the part as `part`. Not a lateral join, for the reason that json_rows gives.
#}
{% macro split_rows(relation, columns, text, part) -%}
    {{ return(adapter.dispatch('split_rows', 'kit_outcomes')(relation, columns, text, part)) }}
{%- endmacro %}

{% macro default__split_rows(relation, columns, text, part) -%}
    (select {{ columns | join(', ') }}, unnest(string_split({{ text }}, ',')) as {{ part }} from {{ relation }})
{%- endmacro %}
