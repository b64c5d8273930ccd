{# `text` in lower case with letters and digits only: how unmapped units, routes, instruments and other medicines are compared. #}
{% macro normalised_text(text) -%}
    {{ remove_matches('lower(' ~ text ~ ')', '[^\\p{L}\\p{N}]') }}
{%- endmacro %}
