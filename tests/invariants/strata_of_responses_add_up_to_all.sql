with parts as (
    select
        study_id,
        instrument,
        timepoint,
        response_kind,
        denominator,
        case
            when stratum = 'all' then 'all'
            when stratum in ('has_mdd', 'no_mdd') then 'mdd'
            when stratum in ('baseline_at_or_above_cutoff', 'baseline_below_cutoff') then 'cutoff'
            else 'band'
        end as split_by,
        n_denominator,
        n_observed,
        n_responders
    from {{ ref('response_by_timepoint') }}
),

totals as (
    select
        study_id,
        instrument,
        timepoint,
        response_kind,
        denominator,
        split_by,
        sum(n_denominator) as n_denominator,
        sum(n_observed) as n_observed,
        sum(n_responders) as n_responders
    from parts
    group by study_id, instrument, timepoint, response_kind, denominator, split_by
)

select
    totals.study_id,
    totals.instrument,
    totals.timepoint,
    totals.response_kind,
    totals.denominator,
    totals.split_by
from totals
inner join totals as overall
    on
        totals.study_id = overall.study_id
        and totals.instrument = overall.instrument
        and totals.timepoint = overall.timepoint
        and totals.response_kind = overall.response_kind
        and totals.denominator = overall.denominator
        and overall.split_by = 'all'
where
    totals.n_observed <> overall.n_observed
    or totals.n_responders <> overall.n_responders
    or (totals.n_denominator <> overall.n_denominator and (totals.denominator <> 'eligible' or totals.split_by = 'mdd'))
