{# Microseconds from `earlier_at` to `later_at` (timestamps without zone) as bigint. #}
{% macro microseconds_between(earlier_at, later_at) -%}
    {{ return(adapter.dispatch('microseconds_between', 'kit_outcomes')(earlier_at, later_at)) }}
{%- endmacro %}

{% macro default__microseconds_between(earlier_at, later_at) -%}
    date_diff('microsecond', {{ earlier_at }}, {{ later_at }})
{%- endmacro %}
