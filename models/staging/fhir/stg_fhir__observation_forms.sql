{{ config(materialized='table') }}

with observations as (
    select * from {{ ref('stg_fhir__observations') }}
    where carried = 'question' and observation_id is not null
),

codings as (
    select * from {{ ref('stg_fhir__codings') }}
),

short_form_items as (
    select * from {{ ref('short_form_items') }}
),

status_roles as (
    select
        site_id,
        observation_id,
        instrument,
        item_number,
        questionnaire_role <> 'item'
        and (
            questionnaire_role = 'total'
            or leader_id = observation_id
            or has_item_parts
            or (has_value and leader_role <> 'total')
        ) as is_form,
        questionnaire_role = 'item' and leader_id = observation_id as is_first_of_items,
        leader_id,
        questionnaire_response_id
    from forms
),

observation_forms as (
    select
        site_id,
        observation_id,
        'Observation/' || case when is_form then observation_id else leader_id end as assessment_id,
        instrument,
        item_number,
        is_form,
        is_first_of_items,
        questionnaire_response_id
    from roles
)

select * from observation_forms
