with administrations as (
    select * from {{ ref('administrations') }}
),

assessments as (
    select * from {{ ref('assessments') }}
),

diagnoses as (
    select * from {{ ref('diagnoses') }}
),

patients as (
    select * from {{ ref('patients') }}
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

started_forms as (
    select
        patient_key,
        count(*) as n_forms
    from assessments
    where started_on is not null or completed_on is not null
    group by patient_key
),

diagnosed as (
    select
        patient_key,
        count(*) as n_diagnoses
    from diagnoses
    group by patient_key
),

administered as (
    select patient_key
    from administrations
    group by patient_key
),

charts as (
    select
        patients.site_id,
        administered.patient_key is not null as has_administration
    from patients
    left join administered on patients.patient_key = administered.patient_key
),

first_days as (
    select
        site_id,
        min(started_on) as first_on
    from administrations
    group by site_id
),

treated as (
    select
        patients.site_id,
        day_zero.index_on,
        first_days.first_on,
        coalesce(started_forms.n_forms, 0) as n_forms,
        coalesce(diagnosed.n_diagnoses, 0) as n_diagnoses
    from patients
    inner join day_zero on patients.patient_key = day_zero.patient_key
    inner join first_days on patients.site_id = first_days.site_id
    left join started_forms on patients.patient_key = started_forms.patient_key
    left join diagnosed on patients.patient_key = diagnosed.patient_key
),

measured_clinics as (
    {{ measured_checks('treated', [
        {'check_id': 'clinic_without_forms', 'is_violating': 'n_forms = 0'},
        {'check_id': 'patients_without_diagnosis', 'is_violating': 'n_diagnoses = 0'},
        {
            'check_id': 'patients_left_truncated',
            'is_violating': days_between('first_on', 'index_on') ~ ' <= ' ~ var('go_live_days'),
        },
    ]) }}
    union all
    {{ measured_checks('charts', [
        {'check_id': 'patients_without_administration', 'is_violating': 'not has_administration'},
    ]) }}
)

select * from measured_clinics
