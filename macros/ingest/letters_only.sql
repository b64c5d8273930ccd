{# `text` in lower case with letters only: how medicine names are compared. #}
{% macro letters_only(text) -%}
    {{ remove_matches('lower(' ~ text ~ ')', '[^\\p{L}]') }}
{%- endmacro %}
