{#
    The text of a FHIR dateTime or instant as day_of and known_time_at read it: at most six digits of a second's
    fraction, and an instant that ends in Z brought to the wall clock of `time_zone` (null: as written). Exactly
    00:00:00Z is a day of unknown time and stays as written, and so does every text with an explicit offset, which
    is the clinic's own clock.
#}
{% macro local_text(text, time_zone) -%}
    {%- set instant = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?Z$' -%}
    case
        when
            {{ time_zone }} is not null
            and {{ regexp_like(text, instant) }}
            and {{ regexp_like('substring(' ~ text ~ ', 12)', '[1-9]') }}
            then coalesce({{ zoned_text(cut_fraction(text), time_zone) }}, {{ text }})
        else {{ cut_fraction(text) }}
    end
{%- endmacro %}
