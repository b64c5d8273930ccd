{#
    A JSON object with the text of `columns` and an empty text for each of `blanked` (identifiers, which the reader
    never passes on). Missing values are JSON null.
#}
{% macro json_record(columns, blanked) -%}
    {{ return(adapter.dispatch('json_record', 'kit_outcomes')(columns, blanked)) }}
{%- endmacro %}

{% macro default__json_record(columns, blanked) -%}
    cast(json_object(
        {%- for column in columns %}
        '{{ column }}', {{ column }}{{ ',' if not loop.last or blanked }}
        {%- endfor %}
        {%- for column in blanked %}
        '{{ column }}', ''{{ ',' if not loop.last }}
        {%- endfor %}
    ) as string)
{%- endmacro %}
