with valid_forms as (
    select * from {{ ref('valid_forms') }}
),

-- The next session of any course closes the window: a form behind it is counted after that one.
ranked as (
    select
        *,
        row_number() over (partition by patient_key, instrument, infusion_number order by form_number desc) as recency
    from valid_forms
    where
        course_number = 1
        and days_since_session <= {{ var('followup_window_days') }}
),

infusion_forms as (
    select
        patient_key,
        instrument,
        infusion_number,
        assessment_key,
        day,
        score,
        recall_contamination
    from ranked
    where recency = 1
)

select * from infusion_forms
