{# A query of one column, `name`: the time zones that the engine knows, such as America/Denver. #}
{% macro time_zone_names() -%}
    {{ return(adapter.dispatch('time_zone_names', 'kit_outcomes')()) }}
{%- endmacro %}

{% macro default__time_zone_names() -%}
    select name from pg_timezone_names()
{%- endmacro %}
