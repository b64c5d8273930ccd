with ordered as (
    select
        patient_key,
        course_number,
        infusion_number,
        day,
        gap_days,
        lag(day) over (partition by patient_key order by course_number, infusion_number) as previous_day,
        lag(course_number) over (partition by patient_key order by course_number, infusion_number) as previous_course,
        lag(infusion_number) over (partition by patient_key order by course_number, infusion_number) as previous_infusion
    from {{ ref('infusions') }}
),

judged as (
    select
        course_number,
        case
            when previous_day is null then course_number = 1 and infusion_number = 1 and day = 0 and gap_days is null
            when gap_days <> day - previous_day or gap_days < 1 then false
            when gap_days > {{ var('course_gap_days') }}
                then course_number = previous_course + 1 and infusion_number = 1
            else course_number = previous_course and infusion_number = previous_infusion + 1
        end as is_in_order
    from ordered
)

select
    course_number,
    count(*) as n_sessions
from judged
where not coalesce(is_in_order, false)
group by course_number
