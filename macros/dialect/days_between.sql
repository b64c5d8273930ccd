{# Whole calendar days from `earlier_on` to `later_on` as bigint; negative where the order is reversed. #}
{% macro days_between(earlier_on, later_on) -%}
    {{ return(adapter.dispatch('days_between', 'kit_outcomes')(earlier_on, later_on)) }}
{%- endmacro %}

{% macro default__days_between(earlier_on, later_on) -%}
    date_diff('day', {{ earlier_on }}, {{ later_on }})
{%- endmacro %}
