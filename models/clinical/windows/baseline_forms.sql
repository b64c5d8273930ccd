with valid_forms as (
    select * from {{ ref('valid_forms') }}
),

ranked as (
    select
        *,
        row_number() over (partition by patient_key, instrument order by form_number desc) as recency
    from valid_forms
    where
        after_infusion_number = 0
        and day >= -{{ var('baseline_window_days') }}
),

baseline_forms as (
    select
        patient_key,
        instrument,
        assessment_key,
        day,
        score
    from ranked
    where recency = 1
)

select * from baseline_forms
