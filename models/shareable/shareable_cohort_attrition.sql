{{ config(alias='cohort_attrition') }}

with cohort_attrition as (
    select * from {{ ref('cohort_attrition') }}
),

released as (
    {{ released_counts(ref('released_counts'), 'cohort_attrition', ['n_in', 'n_excluded', 'n_remaining']) }}
),

visible as (
    select
        cohort_attrition.study_id,
        cohort_attrition.step_number,
        cohort_attrition.step_id,
        cohort_attrition.label,
        cohort_attrition.evaluated_at_day,
        cohort_attrition.is_conditioning_on_future,
        released.n_in,
        released.n_excluded,
        released.n_remaining,
        released.is_suppressed
    from cohort_attrition
    inner join released
        on {{ row_key(['cohort_attrition.study_id', 'cast(cohort_attrition.step_number as string)']) }} = released.row_key
),

shareable_cohort_attrition as (
    select
        visible.study_id,
        visible.step_number,
        visible.step_id,
        visible.label,
        visible.evaluated_at_day,
        visible.is_conditioning_on_future,
        visible.n_in,
        visible.n_excluded,
        visible.n_remaining,
        {{ share('visible.n_remaining', 'first_steps.n_remaining') }} as share_of_first,
        visible.is_suppressed
    from visible
    inner join visible as first_steps on visible.study_id = first_steps.study_id and first_steps.step_number = 1
)

select * from shareable_cohort_attrition
