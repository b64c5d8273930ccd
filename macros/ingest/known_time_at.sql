{#
    The timestamp (no zone, microseconds) of a text that `day_of` reads, null where only the day is known: a date
    alone, or a time of exactly midnight, is a day of unknown time.
    day: the date column that `day_of(text)` gave.
#}
{% macro known_time_at(text, day) -%}
    {%- set time_of_day = "regexp_extract(" ~ text ~ ", '[ T]([0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?)', 1)" -%}
    case
        when {{ day }} is not null and {{ regexp_like(time_of_day, '[1-9]') }}
            then try_cast(cast({{ day }} as string) || ' ' || {{ time_of_day }} as timestamp)
    end
{%- endmacro %}
