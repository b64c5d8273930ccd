{#
    Sample standard deviation (n - 1) of values whose count, sum and sum of squares are exact decimals or integers:
    equal values give exactly 0 whatever their order, which a running variance in doubles does not promise.
    Null when n < 2. n, sum_x, sum_xx: SQL expressions.
#}
{% macro exact_sd(n, sum_x, sum_xx) -%}
    case
        when {{ n }} >= 2
            then sqrt(cast({{ n }} * {{ sum_xx }} - {{ sum_x }} * {{ sum_x }} as double) / (cast({{ n }} as double) * ({{ n }} - 1)))
    end
{%- endmacro %}
