{#
    `text` in lower case with letters and digits only: how aliases, units, routes and instruments are compared. A text
    without any letter or digit, such as %, stays as it is.
#}
{% macro normalised_text(text) -%}
    coalesce(nullif({{ remove_matches('lower(' ~ text ~ ')', '[^\\p{L}\\p{N}]') }}, ''), {{ text }})
{%- endmacro %}
