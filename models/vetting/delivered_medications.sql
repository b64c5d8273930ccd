{%- set columns = [
    'medication_id',
    'patient_id',
    'medication_text',
    'rxnorm_code',
    'route_text',
    'started_on',
    'stopped_on',
    'status_text',
] -%}
{{ config(materialized='view') }}

with delivered as (
    {{ union_of_arms(['stg_ehr__medications', 'stg_fhir__medications', 'stg_omop__medications'], columns) }}
)

select * from delivered
