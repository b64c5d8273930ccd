{%- set columns = [
    'adverse_event_id',
    'patient_id',
    'event_text',
    'severity',
    'started_on',
] -%}
{{ config(materialized='view') }}

with delivered as (
    {{ union_of_arms(['stg_ehr__adverse_events', 'stg_fhir__adverse_events'], columns) }}
)

select * from delivered
