with kit_sessions as (
    select * from {{ ref('kit_sessions') }}
),

session_doses as (
    select * from {{ ref('session_doses') }}
),

vital_signs as (
    select * from {{ ref('vital_signs') }}
),

adverse_events as (
    select * from {{ ref('adverse_events') }}
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

systolic_of_day as (
    select
        vital_signs.patient_key,
        {{ days_between('day_zero.index_on', 'vital_signs.measured_on') }} as day,
        max(vital_signs.measured_value) as max_systolic_bp
    from vital_signs
    inner join day_zero on vital_signs.patient_key = day_zero.patient_key
    where vital_signs.vital = 'systolic_bp'
    group by vital_signs.patient_key, day_zero.index_on, vital_signs.measured_on
),

adverse_events_of_day as (
    select
        adverse_events.patient_key,
        {{ days_between('day_zero.index_on', 'adverse_events.started_on') }} as day,
        count(*) as n_adverse_events
    from adverse_events
    inner join day_zero on adverse_events.patient_key = day_zero.patient_key
    group by adverse_events.patient_key, day_zero.index_on, adverse_events.started_on
),

infusions as (
    select
        kit_sessions.patient_key,
        kit_sessions.course_number,
        kit_sessions.infusion_number,
        kit_sessions.day,
        kit_sessions.gap_days,
        session_doses.dose_mg,
        session_doses.weight_kg,
        session_doses.weight_age_days,
        session_doses.dose_mg_per_kg,
        session_doses.dose_mg_per_kg_raw,
        session_doses.dose_mg_per_kg_suggested,
        session_doses.dose_method,
        session_doses.dose_issue,
        kit_sessions.duration_minutes,
        systolic_of_day.max_systolic_bp,
        coalesce(adverse_events_of_day.n_adverse_events, 0) as n_adverse_events
    from kit_sessions
    inner join session_doses
        on
            kit_sessions.patient_key = session_doses.patient_key
            and kit_sessions.session_number = session_doses.session_number
    left join systolic_of_day
        on kit_sessions.patient_key = systolic_of_day.patient_key and kit_sessions.day = systolic_of_day.day
    left join adverse_events_of_day
        on kit_sessions.patient_key = adverse_events_of_day.patient_key and kit_sessions.day = adverse_events_of_day.day
)

select * from infusions
