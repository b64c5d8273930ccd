with cohorts as (
    select
        study_id,
        count(case when is_eligible then 1 end) as n_eligible,
        count(case when is_analysed then 1 end) as n_analysed
    from {{ ref('cohort_patients') }}
    group by study_id
)

select
    outcome_completeness.study_id,
    outcome_completeness.instrument,
    outcome_completeness.n_eligible,
    outcome_completeness.n_complete
from {{ ref('outcome_completeness') }} as outcome_completeness
inner join {{ ref('studies') }} as studies on outcome_completeness.study_id = studies.study_id
inner join {{ ref('study_instruments') }} as study_instruments
    on
        outcome_completeness.study_id = study_instruments.study_id
        and outcome_completeness.instrument = study_instruments.instrument
left join cohorts on outcome_completeness.study_id = cohorts.study_id
where
    outcome_completeness.stratum_kind = 'all'
    and (
        outcome_completeness.n_eligible <> coalesce(cohorts.n_eligible, 0)
        or (
            study_instruments.is_primary
            and not studies.is_induction_required
            and outcome_completeness.n_complete <> coalesce(cohorts.n_analysed, 0)
        )
        or (study_instruments.is_primary and outcome_completeness.n_complete < coalesce(cohorts.n_analysed, 0))
    )
