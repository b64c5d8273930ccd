{%- set columns = [
    'is_part',
    'answer_position',
    'assessment_id',
    'item_number',
    'response',
] -%}
{{ config(materialized='view') }}

with delivered as (
    {{ union_of_arms(['stg_ehr__assessment_responses', 'stg_fhir__assessment_responses', 'stg_omop__assessment_responses'], columns) }}
)

select * from delivered
