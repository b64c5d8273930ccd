{# The resource type of a normalised reference (`Patient/1`): `Patient`; `?` for one by urn, `#` for a contained resource. #}
{% macro reference_type(reference) -%}
    nullif(split_part({{ reference }}, '/', 1), '')
{%- endmacro %}
