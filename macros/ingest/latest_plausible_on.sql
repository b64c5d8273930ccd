{#
    The last day that an event may have: `lag_days` after the delivery; or the day of the var `latest_plausible_on`, where it
    is set and later, for deliveries whose dates were shifted into the future to hide them.
#}
{% macro latest_plausible_on(lag_days) -%}
    {%- set day_of_delivery = add_days('delivered_on', lag_days) if lag_days else 'delivered_on' -%}
    {%- if var('latest_plausible_on') -%}
        greatest({{ day_of_delivery }}, cast('{{ var("latest_plausible_on") }}' as date))
    {%- else -%}
        {{ day_of_delivery }}
    {%- endif -%}
{%- endmacro %}
