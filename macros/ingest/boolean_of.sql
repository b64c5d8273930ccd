{# true or false for true/false, t/f, yes/no, y/n, 1/0 in any case; null for anything else. #}
{% macro boolean_of(text) -%}
    case
        when lower({{ text }}) in ('true', 't', 'yes', 'y', '1') then true
        when lower({{ text }}) in ('false', 'f', 'no', 'n', '0') then false
    end
{%- endmacro %}
