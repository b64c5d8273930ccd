with kit_sessions as (
    select * from {{ ref('kit_sessions') }}
    where course_number = 1
),

induction_definitions as (
    select * from {{ ref('induction_definitions') }}
),

considered as (
    select
        kit_sessions.patient_key,
        induction_definitions.definition_id,
        induction_definitions.min_sessions,
        induction_definitions.max_sessions,
        induction_definitions.min_span_days,
        kit_sessions.infusion_number,
        kit_sessions.day,
        kit_sessions.day <= induction_definitions.max_day as is_within_window,
        case
            when induction_definitions.phase = 'first_sessions'
                then kit_sessions.infusion_number <= induction_definitions.min_sessions
            else kit_sessions.day <= induction_definitions.max_day
        end as is_in_phase
    from kit_sessions
    cross join induction_definitions
),

-- The phase is the sessions that exist, also where the definition is not met.
induction_phases as (
    select
        patient_key,
        definition_id,
        cast(count_if(is_in_phase) as bigint) as n_sessions,
        max(case when is_in_phase then day end) as span_days,
        (
            count_if(is_within_window) >= min_sessions
            and (max_sessions is null or count_if(is_within_window) <= max_sessions)
            and (min_span_days is null or max(case when is_in_phase then day end) >= min_span_days)
        ) as is_met,
        max(case when is_in_phase then infusion_number end) as final_infusion_number
    from considered
    group by patient_key, definition_id, min_sessions, max_sessions, min_span_days
)

select * from induction_phases
