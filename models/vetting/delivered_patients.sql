{%- set columns = [
    'patient_id',
    'birth_date',
    'birth_date_precision',
    'sex_text',
    'race_text',
    'ethnicity_text',
    'zip3',
    'has_zip_code',
    'deceased_on',
    'is_test_patient',
    'merged_into_patient_id',
] -%}
{{ config(materialized='view') }}

with delivered as (
    {{ union_of_arms(['stg_ehr__patients', 'stg_fhir__patients', 'stg_omop__patients'], columns) }}
)

select * from delivered
