{#
    The first value of `columns` (names of text columns of `relation`) that is there, as text. A value_quantity with a
    comparator is only a bound: it stays as `<5`, which no number is read from.
#}
{% macro observed_number(columns, relation) -%}
    coalesce(
        {%- for column in columns %}
        {% if column == 'value_quantity' -%}
            coalesce({{ relation }}.value_comparator, '') || {{ relation }}.value_quantity
        {%- else -%}
            {{ relation }}.{{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
