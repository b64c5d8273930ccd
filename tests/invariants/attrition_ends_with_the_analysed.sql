with cohorts as (
    select
        study_id,
        count(*) as n_treated,
        count(case when is_eligible then 1 end) as n_eligible,
        count(case when is_analysed then 1 end) as n_analysed
    from {{ ref('cohort_patients') }}
    group by study_id
),

steps as (
    select
        cohort_attrition.study_id,
        cohort_attrition.step_id,
        cohort_attrition.n_remaining,
        cohort_attrition.step_number = 1 as is_first,
        attrition_steps.is_eligibility
        and not coalesce(
            lead(attrition_steps.is_eligibility) over (partition by cohort_attrition.study_id order by cohort_attrition.step_number),
            false
        ) as is_last_of_eligibility,
        lead(cohort_attrition.step_number) over (
            partition by cohort_attrition.study_id
            order by cohort_attrition.step_number
        ) is null as is_last
    from {{ ref('cohort_attrition') }} as cohort_attrition
    inner join {{ ref('attrition_steps') }} as attrition_steps on cohort_attrition.step_id = attrition_steps.step_id
)

select
    steps.study_id,
    steps.step_id,
    steps.n_remaining
from steps
left join cohorts on steps.study_id = cohorts.study_id
where
    (steps.is_first and steps.n_remaining <> coalesce(cohorts.n_treated, 0))
    or (steps.is_last_of_eligibility and steps.n_remaining <> coalesce(cohorts.n_eligible, 0))
    or (steps.is_last and steps.n_remaining <> coalesce(cohorts.n_analysed, 0))
