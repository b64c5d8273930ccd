with kit_administrations as (
    select * from {{ ref('administrations') }}
    where is_kit
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

kit_sessions as (
    select * from {{ ref('kit_sessions') }}
),

session_weights as (
    select * from {{ ref('session_weights') }}
),

dose_units as (
    select * from {{ ref('dose_units') }}
),

parts as (
    select
        kit_sessions.patient_key,
        kit_sessions.session_number,
        kit_administrations.site_id,
        kit_administrations.administration_id,
        kit_administrations.dose_unit,
        dose_units.dose_basis,
        kit_administrations.dose,
        dose_units.mg_factor,
        case when kit_administrations.concentration_mg_per_ml > 0 then kit_administrations.concentration_mg_per_ml end
            as concentration_mg_per_ml,
        session_weights.weight_kg,
        session_weights.weight_age_days
    from kit_administrations
    inner join day_zero on kit_administrations.patient_key = day_zero.patient_key
    inner join kit_sessions
        on
            kit_administrations.patient_key = kit_sessions.patient_key
            and {{ days_between('day_zero.index_on', 'kit_administrations.started_on') }} = kit_sessions.day
    left join session_weights
        on
            kit_sessions.patient_key = session_weights.patient_key
            and kit_sessions.session_number = session_weights.session_number
    left join dose_units on kit_administrations.dose_unit = dose_units.dose_unit
),

session_dose_parts as (
    select
        patient_key,
        session_number,
        row_number() over (partition by patient_key, session_number order by administration_id, site_id) as part_number,
        dose_unit,
        case
            when dose_basis = 'mass' then dose * cast(mg_factor as double)
            when dose_basis = 'volume' then dose * concentration_mg_per_ml
            when dose_basis = 'mass_per_weight' then dose * weight_kg
        end as dose_mg,
        case when dose_basis = 'mass_per_weight' then dose end as documented_mg_per_kg,
        case
            when dose is null then 'X'
            when dose_basis = 'mass_per_weight' then 'C'
            when weight_kg is null then 'X'
            when dose_basis = 'mass' and weight_age_days <= {{ var('weight_recent_days') }} then 'A'
            when dose_basis = 'mass' then 'B'
            when dose_basis = 'volume' and concentration_mg_per_ml is not null then 'D'
            else 'X'
        end as dose_method
    from parts
)

select * from session_dose_parts
