with totals as (
    select
        study_id,
        instrument,
        stratum_kind,
        sum(n_eligible) as n_eligible,
        sum(n_with_baseline) as n_with_baseline,
        sum(n_with_outcome) as n_with_outcome,
        sum(n_complete) as n_complete,
        sum(n_sent) as n_sent,
        sum(n_started) as n_started,
        sum(n_completed) as n_completed,
        sum(n_valid) as n_valid,
        sum(n_same_day_time_unknown) as n_same_day_time_unknown
    from {{ ref('outcome_completeness') }}
    group by study_id, instrument, stratum_kind
)

select
    totals.study_id,
    totals.instrument,
    totals.stratum_kind
from totals
inner join totals as overall
    on totals.study_id = overall.study_id and totals.instrument = overall.instrument and overall.stratum_kind = 'all'
where
    totals.n_eligible <> overall.n_eligible
    or totals.n_with_baseline <> overall.n_with_baseline
    or totals.n_with_outcome <> overall.n_with_outcome
    or totals.n_complete <> overall.n_complete
    or totals.n_sent <> overall.n_sent
    or totals.n_started <> overall.n_started
    or totals.n_completed <> overall.n_completed
    or totals.n_valid <> overall.n_valid
    or totals.n_same_day_time_unknown <> overall.n_same_day_time_unknown
