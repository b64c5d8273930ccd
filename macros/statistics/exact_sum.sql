{#
    The sum of doubles over a group as a double that does not depend on their order: they are added as decimals with 12
    places. Where one is too large for that (1e18 and above, a slip of the keyboard), the doubles themselves are added.
#}
{% macro exact_sum(measurement) -%}
    case
        when count(try_cast({{ measurement }} as decimal(30, 12))) = count({{ measurement }})
            then cast(sum(try_cast({{ measurement }} as decimal(30, 12))) as double)
        else sum({{ measurement }})
    end
{%- endmacro %}
