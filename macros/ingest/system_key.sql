{# How the identifier of a code system is compared: lower case, without a version behind `|` and without a slash at the end. #}
{% macro system_key(system) -%}
    {{ remove_matches('lower(trim(' ~ system ~ '))', '/*([|].*)?$') }}
{%- endmacro %}
