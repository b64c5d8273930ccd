with counted as (
    select
        outcomes.study_id,
        outcomes.instrument,
        outcomes.timepoint,
        count(*) as n_observed,
        count(case when outcomes.is_responder then 1 end) as n_responders,
        count(case when outcomes.is_remission then 1 end) as n_remission
    from {{ ref('outcomes') }} as outcomes
    inner join {{ ref('cohort_patients') }} as cohort_patients
        on outcomes.study_id = cohort_patients.study_id and outcomes.patient_key = cohort_patients.patient_key
    where outcomes.is_responder is not null and cohort_patients.is_induction_satisfied
    group by outcomes.study_id, outcomes.instrument, outcomes.timepoint
)

select
    response_by_timepoint.study_id,
    response_by_timepoint.instrument,
    response_by_timepoint.timepoint
from {{ ref('response_by_timepoint') }} as response_by_timepoint
left join counted
    on
        response_by_timepoint.study_id = counted.study_id
        and response_by_timepoint.instrument = counted.instrument
        and response_by_timepoint.timepoint = counted.timepoint
where
    response_by_timepoint.response_kind = 'at'
    and response_by_timepoint.denominator = 'observed'
    and response_by_timepoint.stratum = 'all'
    and (
        response_by_timepoint.n_observed <> coalesce(counted.n_observed, 0)
        or response_by_timepoint.n_responders <> coalesce(counted.n_responders, 0)
        or response_by_timepoint.n_remission <> coalesce(counted.n_remission, 0)
    )
