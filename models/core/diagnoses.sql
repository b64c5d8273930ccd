with vetted_diagnoses as (
    select * from {{ ref('vetted_diagnoses') }}
    where fate = 'accepted'
),

patients as (
    select * from {{ ref('patients') }}
),

diagnoses as (
    select
        vetted_diagnoses.site_id,
        vetted_diagnoses.diagnosis_id,
        patients.patient_key,
        vetted_diagnoses.code_text,
        vetted_diagnoses.other_codings,
        coalesce(vetted_diagnoses.onset_on, vetted_diagnoses.recorded_on) as diagnosed_on,
        vetted_diagnoses.onset_on,
        vetted_diagnoses.recorded_on,
        vetted_diagnoses.status
    from vetted_diagnoses
    inner join patients
        on vetted_diagnoses.site_id = patients.site_id and vetted_diagnoses.surviving_patient_id = patients.patient_id
)

select * from diagnoses
