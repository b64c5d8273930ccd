{{ config(materialized='table') }}

with medication_administrations as (
    select contained_medications from {{ source('fhir', 'medication_administration') }}
),

medication_requests as (
    select contained_medications from {{ source('fhir', 'medication_request') }}
),

medication_statements as (
    select contained_medications from {{ source('fhir', 'medication_statement') }}
),

texts as (
    select contained_medications from medication_administrations
    union distinct
    select contained_medications from medication_requests
    union distinct
    select contained_medications from medication_statements
),

exploded as (
    select
        contained_medications,
        {{ json_text('element', '$.id') }} as medication_id,
        {{ json_part('element', '$.code.coding') }} as codings,
        {{ json_text('element', '$.code.text') }} as medication_text,
        element_position
    from {{ json_rows(
        'texts', ['contained_medications'], 'contained_medications', 'element', 'element_position'
    ) }} as elements
),

-- Two contained resources of one id are not allowed; if they come, the first stands.
ranked as (
    select
        *,
        row_number() over (partition by contained_medications, medication_id order by element_position) as rank_in_resource
    from exploded
    where medication_id is not null
),

contained_medications as (
    select
        contained_medications,
        medication_id,
        codings,
        medication_text
    from ranked
    where rank_in_resource = 1
)

select * from contained_medications
