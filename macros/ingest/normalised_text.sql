{# `text` in lower case with letters and digits only: how aliases, units, routes and instruments are compared. #}
{% macro normalised_text(text) -%}
    {{ remove_matches('lower(' ~ text ~ ')', '[^\\p{L}\\p{N}]') }}
{%- endmacro %}
