{%- set columns = [
    'administration_id',
    'patient_id',
    'medication_text',
    'rxnorm_code',
    'route_text',
    'dose',
    'is_dose_missing',
    'is_dose_inexpressible',
    'dose_unit_text',
    'concentration_mg_per_ml',
    'started_on',
    'started_at',
    'ended_on',
    'ended_at',
    'status_text',
] -%}
{{ config(materialized='view') }}

with delivered as (
    {{ union_of_arms(
        ['stg_ehr__medication_administrations', 'stg_fhir__medication_administrations', 'stg_omop__medication_administrations'],
        columns,
    ) }}
)

select * from delivered
