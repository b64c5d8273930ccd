{# The date `days` calendar days after `day_on`. #}
{% macro add_days(day_on, days) -%}
    {{ return(adapter.dispatch('add_days', 'kit_outcomes')(day_on, days)) }}
{%- endmacro %}

{% macro default__add_days(day_on, days) -%}
    ({{ day_on }} + cast({{ days }} as integer))
{%- endmacro %}
