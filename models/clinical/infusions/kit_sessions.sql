with kit_administrations as (
    select * from {{ ref('administrations') }}
    where is_kit
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

-- All accepted KIT administrations of one patient on one local calendar day are one session.
sessions as (
    select
        kit_administrations.patient_key,
        {{ days_between('day_zero.index_on', 'kit_administrations.started_on') }} as day,
        kit_administrations.started_on,
        min(kit_administrations.started_at) as started_at,
        max(kit_administrations.ended_at) as ended_at,
        count(*) as n_administrations
    from kit_administrations
    inner join day_zero on kit_administrations.patient_key = day_zero.patient_key
    group by kit_administrations.patient_key, day_zero.index_on, kit_administrations.started_on
),

spaced as (
    select
        *,
        row_number() over (partition by patient_key order by day) as session_number,
        day - lag(day) over (partition by patient_key order by day) as gap_days,
        lead(day) over (partition by patient_key order by day) as next_session_day
    from sessions
),

coursed as (
    select
        *,
        1 + sum(case when gap_days > {{ var('course_gap_days') }} then 1 else 0 end) over (
            partition by patient_key
            order by day
            rows between unbounded preceding and current row
        ) as course_number
    from spaced
),

kit_sessions as (
    select
        patient_key,
        session_number,
        cast(course_number as bigint) as course_number,
        row_number() over (partition by patient_key, course_number order by day) as infusion_number,
        day,
        gap_days,
        next_session_day,
        {{ microseconds_between('cast(started_on as timestamp)', 'started_at') }} as started_microsecond_of_day,
        case
            when ended_at >= started_at
                then cast(floor({{ microseconds_between('started_at', 'ended_at') }} / 60000000.0) as bigint)
        end as duration_minutes,
        n_administrations
    from coursed
)

select * from kit_sessions
