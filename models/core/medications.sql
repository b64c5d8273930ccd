with vetted_medications as (
    select * from {{ ref('vetted_medications') }}
    where fate = 'accepted'
),

patients as (
    select * from {{ ref('patients') }}
),

medications as (
    select
        vetted_medications.site_id,
        vetted_medications.medication_id,
        patients.patient_key,
        vetted_medications.route,
        vetted_medications.status,
        vetted_medications.started_on,
        vetted_medications.stopped_on
    from vetted_medications
    inner join patients
        on vetted_medications.site_id = patients.site_id and vetted_medications.surviving_patient_id = patients.patient_id
)

select * from medications
