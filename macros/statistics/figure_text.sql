{# A figure as text for a note: a fraction in per cent with two decimals, a whole number without, any other with two. #}
{% macro figure_text(figure, unit) -%}
    case
        when {{ unit }} = 'fraction' then cast(cast(100 * {{ figure }} as decimal(18, 2)) as string) || ' %'
        when {{ figure }} = floor({{ figure }}) then cast(cast({{ figure }} as bigint) as string)
        else cast(cast({{ figure }} as decimal(18, 2)) as string)
    end
{%- endmacro %}
