-- What share of the patients with PTSD responded after infusions 1, 4 and 6, of whom, and how far could those whose outcome
-- nobody knows move it?
-- Uncontrolled, pre-post. The rate is of the observed; low and high are the rates of the whole denominator if none, or each, of
-- the others had responded. Below the cut-point a small change is already a response, so the stratum above it stands beside all; it
-- holds only patients with a baseline.
select
    response_by_timepoint.timepoint,
    response_by_timepoint.stratum,
    response_by_timepoint.denominator,
    response_by_timepoint.n_responders,
    response_by_timepoint.n_observed,
    response_by_timepoint.n_denominator,
    response_by_timepoint.response_rate,
    response_by_timepoint.ci_low,
    response_by_timepoint.ci_high,
    response_by_timepoint.bound_low,
    response_by_timepoint.bound_high
from marts.response_by_timepoint
where
    response_by_timepoint.study_id = 'ptsd_kit'
    and response_by_timepoint.instrument = 'PCL-5'
    and response_by_timepoint.timepoint in ('infusion_1', 'infusion_4', 'infusion_6')
    and response_by_timepoint.response_kind = 'at'
    and response_by_timepoint.denominator in ('observed', 'received', 'eligible')
    and response_by_timepoint.stratum in ('all', 'baseline_at_or_above_cutoff')
order by
    response_by_timepoint.timepoint,
    response_by_timepoint.stratum,
    response_by_timepoint.n_denominator
