with ordered as (
    select
        response_by_timepoint.study_id,
        response_by_timepoint.instrument,
        response_by_timepoint.timepoint,
        response_by_timepoint.denominator,
        response_by_timepoint.stratum,
        response_by_timepoint.n_observed,
        response_by_timepoint.n_responders,
        response_by_timepoint.response_rate,
        response_by_timepoint.bound_low,
        lag(response_by_timepoint.n_observed) over infusions as n_observed_before,
        lag(response_by_timepoint.n_responders) over infusions as n_responders_before,
        lag(response_by_timepoint.response_rate) over infusions as response_rate_before,
        lag(response_by_timepoint.bound_low) over infusions as bound_low_before
    from {{ ref('response_by_timepoint') }} as response_by_timepoint
    inner join {{ ref('timepoints') }} as timepoints on response_by_timepoint.timepoint = timepoints.timepoint
    where
        response_by_timepoint.response_kind = 'ever_by'
        and response_by_timepoint.denominator in ('observed', 'eligible', 'fixed_panel')
    window infusions as (
        partition by
            response_by_timepoint.study_id,
            response_by_timepoint.instrument,
            response_by_timepoint.denominator,
            response_by_timepoint.stratum
        order by timepoints.infusion_number
    )
)

select
    study_id,
    instrument,
    timepoint,
    denominator,
    stratum
from ordered
where
    n_observed < n_observed_before
    or n_responders < n_responders_before
    or (denominator = 'fixed_panel' and response_rate < response_rate_before)
    or (denominator = 'eligible' and bound_low < bound_low_before)
