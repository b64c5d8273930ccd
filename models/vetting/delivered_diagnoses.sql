{%- set columns = [
    'diagnosis_id',
    'patient_id',
    'code_text',
    'other_codings',
    'onset_on',
    'resolved_on',
    'recorded_on',
    'status_text',
] -%}
{{ config(materialized='view') }}

with delivered as (
    {{ union_of_arms(['stg_ehr__diagnoses', 'stg_fhir__diagnoses', 'stg_omop__diagnoses'], columns) }}
)

select * from delivered
