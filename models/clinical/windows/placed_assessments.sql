with assessments as (
    select * from {{ ref('assessments') }}
    where completed_on is not null
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

kit_sessions as (
    select * from {{ ref('kit_sessions') }}
),

dated as (
    select
        assessments.patient_key,
        assessments.assessment_key,
        assessments.instrument,
        assessments.recall_days,
        {{ days_between('day_zero.index_on', 'assessments.completed_on') }} as day,
        {{ microseconds_between('cast(assessments.completed_on as timestamp)', 'assessments.completed_at') }}
            as completed_microsecond_of_day,
        -- The order of a patient's forms of one instrument: by day, then time (unknown first), then id.
        row_number() over (
            partition by assessments.patient_key, assessments.instrument
            order by
                assessments.completed_on, assessments.completed_at nulls first, assessments.assessment_id, assessments.site_id
        ) as form_number
    from assessments
    inner join day_zero on assessments.patient_key = day_zero.patient_key
),

-- On the day of a session a form belongs before it unless both times are known and the form's is later.
ordered as (
    select
        dated.*,
        case
            when kit_sessions.day is null then dated.day
            when dated.completed_microsecond_of_day > kit_sessions.started_microsecond_of_day then dated.day
            else dated.day - 1
        end as last_session_day_before,
        kit_sessions.day is not null
        and (dated.completed_microsecond_of_day is null or kit_sessions.started_microsecond_of_day is null)
            as same_day_time_unknown
    from dated
    left join kit_sessions on dated.patient_key = kit_sessions.patient_key and dated.day = kit_sessions.day
),

preceding_sessions as (
    select
        patient_key,
        day as session_day,
        session_number,
        course_number,
        infusion_number
    from kit_sessions
),

attributed as (
    {{ as_of_left_join(
        'ordered',
        'preceding_sessions',
        'patient_key',
        'last_session_day_before',
        'session_day',
        ['session_day', 'session_number', 'course_number', 'infusion_number']
    ) }}
),

placed_assessments as (
    select
        patient_key,
        assessment_key,
        instrument,
        day,
        form_number,
        coalesce(session_number, 0) as after_infusion_number,
        course_number,
        infusion_number,
        day - session_day as days_since_session,
        same_day_time_unknown,
        case
            when session_number is not null and recall_days is not null
                then least(1.0, greatest(0.0, (recall_days - (day - session_day)) / cast(recall_days as double)))
        end as recall_contamination
    from attributed
)

select * from placed_assessments
