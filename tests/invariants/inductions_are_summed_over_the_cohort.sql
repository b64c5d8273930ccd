with cohorts as (
    select
        study_id,
        count(case when is_eligible then 1 end) as n_eligible,
        count(case when is_analysed then 1 end) as n_analysed
    from {{ ref('cohort_patients') }}
    group by study_id
)

select
    induction_summary.study_id,
    induction_summary.definition_id,
    induction_summary.denominator
from {{ ref('induction_summary') }} as induction_summary
left join cohorts on induction_summary.study_id = cohorts.study_id
where
    (induction_summary.denominator = 'eligible' and induction_summary.n <> coalesce(cohorts.n_eligible, 0))
    or (induction_summary.denominator = 'analysed' and induction_summary.n <> coalesce(cohorts.n_analysed, 0))
    or (induction_summary.denominator = 'reached_minimum' and induction_summary.n > coalesce(cohorts.n_eligible, 0))
