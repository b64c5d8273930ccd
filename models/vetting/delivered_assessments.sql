{%- set columns = [
    'is_part',
    'assessment_id',
    'patient_id',
    'instrument_text',
    'recall_days',
    'sent_on',
    'started_on',
    'completed_on',
    'completed_at',
    'total_score',
    'status_text',
    'channel',
    'is_from_observations',
    'derived_from_assessment_id',
] -%}
{{ config(materialized='view') }}

with delivered as (
    {{ union_of_arms(['stg_ehr__assessments', 'stg_fhir__assessments', 'stg_omop__assessments'], columns) }}
)

select * from delivered
