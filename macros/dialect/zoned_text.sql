{#
    The wall clock in `time_zone` (an IANA name) at the instant that `text` names (ISO 8601 in UTC, at most six digits of
    a second's fraction), as text YYYY-MM-DDTHH:MM:SS.ffffff. Null where the text names no instant.
#}
{% macro zoned_text(text, time_zone) -%}
    {{ return(adapter.dispatch('zoned_text', 'kit_outcomes')(text, time_zone)) }}
{%- endmacro %}

{% macro default__zoned_text(text, time_zone) -%}
    strftime(timezone({{ time_zone }}, try_cast({{ text }} as timestamp with time zone)), '%Y-%m-%dT%H:%M:%S.%f')
{%- endmacro %}
