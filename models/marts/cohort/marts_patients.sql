{{ config(alias='patients') }}

with core_patients as (
    select * from {{ ref('patients') }}
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

administrations as (
    select * from {{ ref('administrations') }}
),

kit_sessions as (
    select * from {{ ref('kit_sessions') }}
),

patient_conditions as (
    select * from {{ ref('patient_conditions') }}
),

session_counts as (
    select
        patient_key,
        count(*) as n_sessions
    from kit_sessions
    group by patient_key
),

-- Ketamine by another or an unknown route is no session; esketamine is another medicine.
other_exposures as (
    select
        patient_key,
        count(*) as other_ketamine_exposure
    from administrations
    where ingredient = 'ketamine' and is_counted and not is_kit
    group by patient_key
),

conditions as (
    select
        {%- for condition in conditions() %}
        bool_or(code_set_id = '{{ condition }}') as has_{{ condition }},
        {%- endfor %}
        patient_key
    from patient_conditions
    group by patient_key
),

patients as (
    select
        core_patients.patient_key,
        core_patients.site_key,
        cast(least(
            {{ full_years('core_patients.earliest_birth_date', 'day_zero.index_on') }},
            case when day_zero.index_on is not null then {{ var('age_top_code') }} end
        ) as bigint) as age_at_index,
        day_zero.index_on is not null and core_patients.birth_date_precision <> 'day' as is_age_approximate,
        core_patients.sex,
        core_patients.race,
        core_patients.ethnicity,
        core_patients.zip3,
        cast(extract(year from day_zero.index_on) as bigint) as index_year,
        {%- for condition in conditions() %}
        coalesce(conditions.has_{{ condition }}, false) as has_{{ condition }},
        {%- endfor %}
        coalesce(session_counts.n_sessions, 0) as n_sessions,
        coalesce(other_exposures.other_ketamine_exposure, 0) as other_ketamine_exposure
    from core_patients
    left join day_zero on core_patients.patient_key = day_zero.patient_key
    left join session_counts on core_patients.patient_key = session_counts.patient_key
    left join other_exposures on core_patients.patient_key = other_exposures.patient_key
    left join conditions on core_patients.patient_key = conditions.patient_key
)

select * from patients
