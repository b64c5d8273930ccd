{#
    A JSON object with the text of `columns` of `relation` and an empty text for each of `blanked` (identifiers, which the reader
    never passes on). Missing values are JSON null.
#}
{% macro json_record(columns, blanked, relation) -%}
    {{ return(adapter.dispatch('json_record', 'kit_outcomes')(columns, blanked, relation)) }}
{%- endmacro %}

{% macro default__json_record(columns, blanked, relation) -%}
    cast(json_object(
        {%- for column in columns %}
        '{{ column }}', {{ relation }}.{{ column }}{{ ',' if not loop.last or blanked }}
        {%- endfor %}
        {%- for column in blanked %}
        '{{ column }}', ''{{ ',' if not loop.last }}
        {%- endfor %}
    ) as string)
{%- endmacro %}
