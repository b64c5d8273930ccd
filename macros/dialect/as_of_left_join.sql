{#
    Each row of `left` with the columns `right_columns` of the last row of `right` whose `right_order` is not above
    `left_order`, within equal `key`; nulls where there is none. `right` must have one row for each (key, right_order).
    left, right: names of CTEs or relations. left_order, right_order: whole numbers (days).
#}
{% macro as_of_left_join(left, right, key, left_order, right_order, right_columns) -%}
    {{ return(adapter.dispatch('as_of_left_join', 'kit_outcomes')(left, right, key, left_order, right_order, right_columns)) }}
{%- endmacro %}

{% macro default__as_of_left_join(left, right, key, left_order, right_order, right_columns) -%}
    select
        earlier_side.*,
        {%- for column in right_columns %}
        later_side.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ left }} as earlier_side
    asof left join {{ right }} as later_side
        on
            earlier_side.{{ key }} = later_side.{{ key }}
            and earlier_side.{{ left_order }} >= later_side.{{ right_order }}
{%- endmacro %}
