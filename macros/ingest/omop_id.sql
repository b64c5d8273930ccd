{# An id of an OMOP table as text: a whole number without point and leading zeros (7.0, as some tools write integers, is 7); anything else as it is. #}
{% macro omop_id(text) -%}
    case
        when {{ regexp_like(text, '^[0-9]{1,18}([.]0*)?$') }}
            then cast(try_cast({{ remove_matches(text, '[.].*$') }} as bigint) as string)
        else {{ text }}
    end
{%- endmacro %}
