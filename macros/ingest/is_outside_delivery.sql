{#
    true where a day cannot be: before the birth date, before the earliest plausible day, or more than delivery_lag_days
    after the delivery. Nulls (no day, no known birth date) are never outside.
    has_floor, has_ceiling: onsets have no floor, planned stops no ceiling.
#}
{% macro is_outside_delivery(day, birth_date='birth_date', has_floor=true, has_ceiling=true) -%}
    (
        coalesce({{ day }} < {{ birth_date }}, false)
        {%- if has_floor %}
        or coalesce({{ day }} < cast('{{ var("event_date_min") }}' as date), false)
        {%- endif %}
        {%- if has_ceiling %}
        or coalesce({{ day }} > {{ latest_plausible_on(var('delivery_lag_days')) }}, false)
        {%- endif %}
    )
{%- endmacro %}
