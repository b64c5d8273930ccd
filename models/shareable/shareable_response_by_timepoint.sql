{{ config(alias='response_by_timepoint') }}

with response_by_timepoint as (
    select * from {{ ref('response_by_timepoint') }}
    where response_kind = 'at'
),

released as (
    {{ released_counts(
        ref('released_counts'),
        'response_by_timepoint',
        ['n_denominator', 'n_observed', 'n_responders', 'n_remission', 'n_worsened']
    ) }}
),

shareable_response_by_timepoint as (
    select
        response_by_timepoint.study_id,
        response_by_timepoint.instrument,
        response_by_timepoint.timepoint,
        response_by_timepoint.denominator,
        response_by_timepoint.stratum,
        released.n_denominator,
        released.n_observed,
        released.n_responders,
        {% for figure in ['response_rate', 'ci_low', 'ci_high'] -%}
        case when {{ all_visible(['released.n_observed', 'released.n_responders']) }} then response_by_timepoint.{{ figure }} end
            as {{ figure }},
        {% endfor -%}
        {% for figure in ['bound_low', 'bound_high'] -%}
        case
            when {{ all_visible(['released.n_denominator', 'released.n_observed', 'released.n_responders']) }}
                then response_by_timepoint.{{ figure }}
        end as {{ figure }},
        {% endfor -%}
        released.n_remission,
        case when {{ all_visible(['released.n_observed', 'released.n_remission']) }} then response_by_timepoint.remission_rate end
            as remission_rate,
        released.n_worsened,
        {% for figure in [
            'mean_baseline', 'mean_score', 'mean_change', 'sd_change', 'change_ci_low', 'change_ci_high', 'd_z', 'd_av',
            'd_rms', 'hedges_g', 'sd_baseline', 'sd_score',
        ] -%}
        case when {{ all_visible(['released.n_observed']) }} then response_by_timepoint.{{ figure }} end as {{ figure }},
        {% endfor -%}
        response_by_timepoint.is_primary,
        released.is_suppressed
    from response_by_timepoint
    inner join released
        on {{ row_key([
            'response_by_timepoint.study_id', 'response_by_timepoint.instrument', 'response_by_timepoint.timepoint',
            'response_by_timepoint.denominator', 'response_by_timepoint.stratum',
        ]) }} = released.row_key
)

select * from shareable_response_by_timepoint
