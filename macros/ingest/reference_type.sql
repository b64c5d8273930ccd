{#
    The resource type of a normalised reference (`Patient/1`): `Patient`; `?` for one by urn, `#` for a contained resource.
    Not split_part: DuckDB 2.0.0 stops with an internal error where that of an empty column is compared with a constant.
#}
{% macro reference_type(reference) -%}
    nullif({{ remove_matches(reference, '/.*$') }}, '')
{%- endmacro %}
