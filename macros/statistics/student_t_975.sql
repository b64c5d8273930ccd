{#
    The 97.5 % quantile of the t distribution (double, exact to 1e-8). Up to 100 degrees of freedom it comes from the seed
    student_t_quantiles (`tabulated`: its joined column); beyond, from the expansion around the normal quantile
    (Abramowitz and Stegun 1964, 26.7.5).
#}
{% macro student_t_975(degrees_of_freedom, tabulated) -%}
    {%- set z = 'cast(' ~ var('wilson_z') ~ ' as double)' -%}
    {%- set v = 'cast(nullif(' ~ degrees_of_freedom ~ ', 0) as double)' -%}
    coalesce(
        {{ tabulated }},
        {{ z }}
        + (power({{ z }}, 3) + {{ z }}) / (4 * {{ v }})
        + (5 * power({{ z }}, 5) + 16 * power({{ z }}, 3) + 3 * {{ z }}) / (96 * power({{ v }}, 2))
        + (3 * power({{ z }}, 7) + 19 * power({{ z }}, 5) + 17 * power({{ z }}, 3) - 15 * {{ z }}) / (384 * power({{ v }}, 3))
        + (79 * power({{ z }}, 9) + 776 * power({{ z }}, 7) + 1482 * power({{ z }}, 5) - 1920 * power({{ z }}, 3) - 945 * {{ z }})
        / (92160 * power({{ v }}, 4))
    )
{%- endmacro %}
