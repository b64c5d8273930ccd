{#
    What the codings of a CodeableConcept mean for one field: for each text of codings the canonical value of the first
    coding that the seed coded_values knows. Texts without one have no row.
#}
{% macro coded_values_of(field) -%}
    select
        codings.codings,
        min_by(coded_values.value, codings.coding_position) as value
    from {{ ref('stg_fhir__codings') }} as codings
    inner join {{ ref('coded_values') }} as coded_values
        on codings.code_system = coded_values.code_system and codings.code = coded_values.code
    where coded_values.field = '{{ field }}'
    group by codings.codings
{%- endmacro %}
