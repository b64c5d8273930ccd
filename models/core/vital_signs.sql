with vetted_vitals as (
    select * from {{ ref('vetted_vitals') }}
    where fate = 'accepted' and not is_weight
),

patients as (
    select * from {{ ref('patients') }}
),

vital_signs as (
    select
        vetted_vitals.site_id,
        vetted_vitals.vital_id,
        patients.patient_key,
        vetted_vitals.vital,
        vetted_vitals.measured_value,
        vetted_vitals.measured_on,
        vetted_vitals.measured_at
    from vetted_vitals
    inner join patients
        on vetted_vitals.site_id = patients.site_id and vetted_vitals.surviving_patient_id = patients.patient_id
)

select * from vital_signs
