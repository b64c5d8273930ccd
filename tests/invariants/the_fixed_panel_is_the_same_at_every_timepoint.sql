select
    study_id,
    instrument,
    stratum
from {{ ref('response_by_timepoint') }}
where denominator = 'fixed_panel'
group by study_id, instrument, stratum
having min(n_denominator) <> max(n_denominator) or min(n_observed) <> max(n_observed)
