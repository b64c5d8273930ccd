{# How a value finds its alias: without regard to case, white space and punctuation. A text without any letter or digit, such as %, is taken as it is. #}
{% macro alias_key(text) -%}
    coalesce(nullif({{ normalised_text(text) }}, ''), {{ text }})
{%- endmacro %}
