{#
    Lower or upper bound (double, 0..1) of the Wilson score interval of n_successes out of n_trials at z = wilson_z
    (Wilson 1927, doi 10.1080/01621459.1927.10502953); null without trials. At 0 and n successes the outer bound is exactly 0 and 1.
    side: 'lower' or 'upper'.
#}
{% macro wilson_bound(n_successes, n_trials, side) -%}
    {%- if side not in ('lower', 'upper') -%}
        {{ exceptions.raise_compiler_error("wilson_bound: side must be 'lower' or 'upper', got '" ~ side ~ "'") }}
    {%- endif -%}
    {%- set z = 'cast(' ~ var('wilson_z') ~ ' as double)' -%}
    {%- set n = 'cast(nullif(' ~ n_trials ~ ', 0) as double)' -%}
    {%- set p = '(cast(' ~ n_successes ~ ' as double) / ' ~ n ~ ')' -%}
    case
        when {{ n_trials }} is null or {{ n_trials }} = 0 then null
        {%- if side == 'lower' %}
        when {{ n_successes }} = 0 then cast(0 as double)
        {%- else %}
        when {{ n_successes }} = {{ n_trials }} then cast(1 as double)
        {%- endif %}
        else
            (
                {{ p }} + {{ z }} * {{ z }} / (2 * {{ n }})
                {{ '-' if side == 'lower' else '+' }} {{ z }} * sqrt(
                    {{ p }} * (1 - {{ p }}) / {{ n }} + {{ z }} * {{ z }} / (4 * {{ n }} * {{ n }})
                )
            ) / (1 + {{ z }} * {{ z }} / {{ n }})
    end
{%- endmacro %}
