{{ config(materialized='table') }}

with source as (
    select * from {{ source('fhir', 'observation') }}
    where components is not null
),

elements as (
    select * from {{ json_rows(
        'source', ['site_id', 'delivered_on', 'file', 'row_number'], 'components', 'component', 'component_position'
    ) }} as exploded
),

components as (
    select
        {{ record_columns() }},
        component_position,
        {{ json_part('component', '$.code.coding') }} as codings,
        {{ json_text('component', '$.valueQuantity.value') }} as value_quantity,
        {{ json_text('component', '$.valueQuantity.comparator') }} as value_comparator,
        {{ json_text('component', '$.valueQuantity.unit') }} as value_unit,
        {{ json_text('component', '$.valueQuantity.code') }} as value_unit_code,
        {{ json_text('component', '$.valueInteger') }} as value_integer,
        {{ json_part('component', '$.valueCodeableConcept.coding') }} as value_codings
    from elements
)

select * from components
