{%- set columns = [
    'is_part',
    'vital_id',
    'patient_id',
    'vital_text',
    'value_text',
    'measured_value',
    'unit_text',
    'measured_on',
    'measured_at',
    'status_text',
] -%}
{{ config(materialized='view') }}

with delivered as (
    {{ union_of_arms(['stg_ehr__vitals', 'stg_fhir__vitals', 'stg_omop__vitals'], columns) }}
)

select * from delivered
