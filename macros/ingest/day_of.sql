{#
    The calendar day of a date or timestamp as exports write them: YYYY-MM-DD or MM/DD/YYYY, alone or followed by a
    blank or T, HH:MM[:SS[.ffffff]] and nothing, Z or an offset. Null for anything else, and for days that do not exist.
    The wall clock as written is the local time of the clinic, so an offset is read and never applied.
#}
{% macro day_of(text) -%}
    {%- set time_of_day = '([ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?' -%}
    case
        when {{ regexp_like(text, '^[0-9]{4}-[0-9]{2}-[0-9]{2}' ~ time_of_day ~ '$') }} and left({{ text }}, 4) <> '0000'
            then try_cast(left({{ text }}, 10) as date)
        when {{ regexp_like(text, '^[0-9]{2}/[0-9]{2}/[0-9]{4}' ~ time_of_day ~ '$') }} and substring({{ text }}, 7, 4) <> '0000'
            then try_cast(substring({{ text }}, 7, 4) || '-' || left({{ text }}, 2) || '-' || substring({{ text }}, 4, 2) as date)
    end
{%- endmacro %}
