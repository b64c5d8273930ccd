{# The id that a normalised reference names where it is, or by urn may be, of type `resource_type`; null for any other type, such as a Group. #}
{% macro referenced_id(reference, resource_type) -%}
    case when {{ regexp_like(reference, '^(' ~ resource_type ~ '|[?])/') }} then {{ reference_id(reference) }} end
{%- endmacro %}
