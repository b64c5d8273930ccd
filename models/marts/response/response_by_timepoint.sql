with outcomes as (
    select * from {{ ref('outcomes') }}
    where is_responder is not null
),

response_members as (
    select * from {{ ref('response_members') }}
),

response_strata as (
    select * from {{ ref('response_strata') }}
),

studies as (
    select * from {{ ref('studies') }}
),

study_instruments as (
    select * from {{ ref('study_instruments') }}
),

timepoints as (
    select * from {{ ref('timepoints') }}
),

student_t_quantiles as (
    select * from {{ ref('student_t_quantiles') }}
),

denominators as (
    select 'observed' as denominator
    union all
    select 'received' as denominator
    union all
    select 'eligible' as denominator
    union all
    select 'fixed_panel' as denominator
),

response_kinds as (
    select 'at' as response_kind
    union all
    select 'ever_by' as response_kind
),

panel_size as (
    select count(*) as n_timepoints
    from timepoints
    where is_in_fixed_panel
),

panel_patients as (
    select
        outcomes.study_id,
        outcomes.patient_key,
        outcomes.instrument
    from outcomes
    inner join timepoints on outcomes.timepoint = timepoints.timepoint
    cross join panel_size
    where timepoints.is_in_fixed_panel
    group by outcomes.study_id, outcomes.patient_key, outcomes.instrument, panel_size.n_timepoints
    having count(*) = panel_size.n_timepoints
),

observed_at as (
    select
        study_id,
        patient_key,
        instrument,
        timepoint,
        'at' as response_kind,
        is_responder,
        is_remission,
        is_worsened,
        baseline_score,
        score,
        change
    from outcomes
),

-- A form at any infusion up to the k-th counts, and a response at any of them.
observed_ever_by as (
    select
        outcomes.study_id,
        outcomes.patient_key,
        outcomes.instrument,
        later_timepoints.timepoint,
        'ever_by' as response_kind,
        bool_or(outcomes.is_responder) as is_responder,
        cast(null as boolean) as is_remission,
        cast(null as boolean) as is_worsened,
        cast(null as bigint) as baseline_score,
        cast(null as bigint) as score,
        cast(null as bigint) as change
    from outcomes
    inner join timepoints on outcomes.timepoint = timepoints.timepoint and timepoints.kind = 'infusion'
    inner join timepoints as later_timepoints
        on later_timepoints.kind = 'infusion' and timepoints.infusion_number <= later_timepoints.infusion_number
    group by outcomes.study_id, outcomes.patient_key, outcomes.instrument, later_timepoints.timepoint
),

observations as (
    select * from observed_at
    union all
    select * from observed_ever_by
),

counted as (
    select
        observations.*,
        response_members.stratum,
        denominators.denominator
    from observations
    inner join response_members
        on
            observations.study_id = response_members.study_id
            and observations.patient_key = response_members.patient_key
            and observations.instrument = response_members.instrument
    inner join timepoints on observations.timepoint = timepoints.timepoint
    left join panel_patients
        on
            observations.study_id = panel_patients.study_id
            and observations.patient_key = panel_patients.patient_key
            and observations.instrument = panel_patients.instrument
    inner join denominators
        on case denominators.denominator
            when 'observed' then response_members.is_induction_satisfied
            when 'received'
                then
                    response_members.is_induction_satisfied
                    and (timepoints.infusion_number is null or response_members.n_sessions >= timepoints.infusion_number)
            when 'eligible' then true
            when 'fixed_panel'
                then
                    response_members.is_induction_satisfied
                    and panel_patients.patient_key is not null
                    and timepoints.is_in_fixed_panel
        end
),

observed_cells as (
    select
        study_id,
        instrument,
        timepoint,
        response_kind,
        denominator,
        stratum,
        count(*) as n_observed,
        count_if(is_responder) as n_responders,
        count_if(is_remission) as n_remission,
        count_if(is_worsened) as n_worsened,
        sum(baseline_score) as sum_baseline,
        sum(baseline_score * baseline_score) as sum_baseline_squared,
        sum(score) as sum_score,
        sum(score * score) as sum_score_squared,
        sum(change) as sum_change,
        sum(change * change) as sum_change_squared
    from counted
    group by study_id, instrument, timepoint, response_kind, denominator, stratum
),

member_counts as (
    select
        study_id,
        instrument,
        stratum,
        n_sessions,
        count(*) as n_eligible,
        count_if(is_induction_satisfied and has_baseline) as n_with_baseline
    from response_members
    group by study_id, instrument, stratum, n_sessions
),

denominator_counts as (
    select
        member_counts.study_id,
        member_counts.instrument,
        member_counts.stratum,
        timepoints.timepoint,
        sum(member_counts.n_eligible) as n_eligible,
        sum(
            case
                when timepoints.infusion_number is null or member_counts.n_sessions >= timepoints.infusion_number
                    then member_counts.n_with_baseline
                else 0
            end
        ) as n_received
    from member_counts
    cross join timepoints
    group by member_counts.study_id, member_counts.instrument, member_counts.stratum, timepoints.timepoint
),

-- Every cell has a row, also an empty one.
grid as (
    select
        study_instruments.study_id,
        study_instruments.instrument,
        timepoints.timepoint,
        response_kinds.response_kind,
        denominators.denominator,
        response_strata.stratum,
        study_instruments.is_primary
        and timepoints.timepoint = studies.primary_timepoint
        and response_kinds.response_kind = 'at'
        and denominators.denominator = 'observed'
        and response_strata.kind = 'all' as is_primary
    from study_instruments
    inner join studies on study_instruments.study_id = studies.study_id
    inner join response_strata on study_instruments.instrument = response_strata.instrument
    cross join timepoints
    cross join response_kinds
    cross join denominators
    where
        (response_kinds.response_kind = 'at' or timepoints.kind = 'infusion')
        and (denominators.denominator <> 'fixed_panel' or timepoints.is_in_fixed_panel)
),

filled as (
    select
        grid.*,
        coalesce(observed_cells.n_observed, 0) as n_observed,
        coalesce(observed_cells.n_responders, 0) as n_responders,
        case grid.denominator
            when 'eligible' then coalesce(denominator_counts.n_eligible, 0)
            when 'received' then coalesce(denominator_counts.n_received, 0)
            else coalesce(observed_cells.n_observed, 0)
        end as n_denominator,
        case when grid.response_kind = 'at' then coalesce(observed_cells.n_remission, 0) end as n_remission,
        case when grid.response_kind = 'at' then coalesce(observed_cells.n_worsened, 0) end as n_worsened,
        case when grid.response_kind = 'at' then observed_cells.n_observed end as n_paired,
        observed_cells.sum_baseline,
        observed_cells.sum_baseline_squared,
        observed_cells.sum_score,
        observed_cells.sum_score_squared,
        observed_cells.sum_change,
        observed_cells.sum_change_squared
    from grid
    left join observed_cells
        on
            grid.study_id = observed_cells.study_id
            and grid.instrument = observed_cells.instrument
            and grid.timepoint = observed_cells.timepoint
            and grid.response_kind = observed_cells.response_kind
            and grid.denominator = observed_cells.denominator
            and grid.stratum = observed_cells.stratum
    left join denominator_counts
        on
            grid.study_id = denominator_counts.study_id
            and grid.instrument = denominator_counts.instrument
            and grid.timepoint = denominator_counts.timepoint
            and grid.stratum = denominator_counts.stratum
),

described as (
    select
        filled.*,
        {{ share('filled.sum_baseline', 'filled.n_paired') }} as mean_baseline,
        {{ share('filled.sum_score', 'filled.n_paired') }} as mean_score,
        {{ share('filled.sum_change', 'filled.n_paired') }} as mean_change,
        {{ exact_sd('filled.n_paired', 'filled.sum_baseline', 'filled.sum_baseline_squared') }} as sd_baseline,
        {{ exact_sd('filled.n_paired', 'filled.sum_score', 'filled.sum_score_squared') }} as sd_score,
        {{ exact_sd('filled.n_paired', 'filled.sum_change', 'filled.sum_change_squared') }} as sd_change,
        {{ student_t_975('(filled.n_paired - 1)', 'student_t_quantiles.t_975') }} as t_975
    from filled
    left join student_t_quantiles on filled.n_paired - 1 = student_t_quantiles.degrees_of_freedom
),

standardised as (
    select
        *,
        mean_change / nullif((sd_baseline + sd_score) / 2, 0) as d_av
    from described
),

response_by_timepoint as (
    select
        study_id,
        instrument,
        timepoint,
        response_kind,
        denominator,
        stratum,
        cast(n_denominator as bigint) as n_denominator,
        n_observed,
        cast(n_responders as bigint) as n_responders,
        {{ share('n_responders', 'n_observed') }} as response_rate,
        {{ wilson_bound('n_responders', 'n_observed', 'lower') }} as ci_low,
        {{ wilson_bound('n_responders', 'n_observed', 'upper') }} as ci_high,
        {{ share('n_responders', 'n_denominator') }} as bound_low,
        {{ share('(n_responders + n_denominator - n_observed)', 'n_denominator') }} as bound_high,
        cast(n_remission as bigint) as n_remission,
        {{ share('n_remission', 'n_observed') }} as remission_rate,
        cast(n_worsened as bigint) as n_worsened,
        mean_baseline,
        mean_score,
        mean_change,
        sd_change,
        mean_change - t_975 * sd_change / sqrt(n_paired) as change_ci_low,
        mean_change + t_975 * sd_change / sqrt(n_paired) as change_ci_high,
        mean_change / nullif(sd_change, 0) as d_z,
        d_av,
        mean_change / nullif(sqrt((sd_baseline * sd_baseline + sd_score * sd_score) / 2), 0) as d_rms,
        d_av * (1 - 3.0 / (4 * (n_paired - 1) - 1)) as hedges_g,
        is_primary,
        sd_baseline,
        sd_score
    from standardised
)

select * from response_by_timepoint
