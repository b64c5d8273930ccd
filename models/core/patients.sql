with vetted_patients as (
    select * from {{ ref('vetted_patients') }}
    where fate = 'accepted'
),

patients as (
    select
        site_id,
        patient_id,
        {{ patient_key('patient_id') }} as patient_key,
        {{ pseudonym('site', ['site_id']) }} as site_key,
        birth_date,
        sex,
        race,
        ethnicity,
        zip3,
        deceased_on
    from vetted_patients
)

select * from patients
