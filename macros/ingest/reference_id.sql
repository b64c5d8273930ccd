{# The id that a normalised reference (`Patient/1`, `?/<uuid>`, `#/<local id>`) names: all behind the first slash. #}
{% macro reference_id(reference) -%}
    nullif({{ remove_matches(reference, '^[^/]*/?') }}, '')
{%- endmacro %}
