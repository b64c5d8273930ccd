{# The local id that a normalised reference names inside its own resource (`#/<local id>`); null for a reference to anything else. #}
{% macro contained_id(reference) -%}
    case when {{ regexp_like(reference, '^#/') }} then {{ reference_id(reference) }} end
{%- endmacro %}
