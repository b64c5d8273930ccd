{# What the concepts of OMOP tables mean in one field: concept_key and the canonical value. #}
{% macro concept_values_of(field) -%}
    select
        concept_key,
        value
    from {{ ref('stg_omop__concept_values') }}
    where field = '{{ field }}'
{%- endmacro %}
