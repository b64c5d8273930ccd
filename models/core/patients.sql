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
        case when birth_date_precision = 'day' then birth_date end as birth_date,
        birth_date as earliest_birth_date,
        birth_date_precision,
        sex,
        race,
        ethnicity,
        zip3,
        deceased_on
    from vetted_patients
)

select * from patients
