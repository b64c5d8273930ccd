-- At which clinics do the fewest patients have a baseline and an outcome, and where are the forms lost: never sent, not begun,
-- not finished, or not valid?
select
    outcome_completeness.study_id,
    outcome_completeness.instrument,
    outcome_completeness.stratum as site_key,
    outcome_completeness.n_complete,
    outcome_completeness.n_eligible,
    outcome_completeness.outcome_data_rate,
    outcome_completeness.ci_low,
    outcome_completeness.ci_high,
    cast(outcome_completeness.n_sent as double) / nullif(outcome_completeness.n_eligible, 0) as sent_per_patient,
    cast(outcome_completeness.n_started as double) / nullif(outcome_completeness.n_sent, 0) as started_share,
    cast(outcome_completeness.n_completed as double) / nullif(outcome_completeness.n_started, 0) as completed_share,
    cast(outcome_completeness.n_valid as double) / nullif(outcome_completeness.n_completed, 0) as valid_share
from marts.outcome_completeness
where outcome_completeness.stratum_kind = 'site'
order by
    outcome_completeness.study_id,
    outcome_completeness.instrument,
    outcome_completeness.outcome_data_rate,
    outcome_completeness.stratum
