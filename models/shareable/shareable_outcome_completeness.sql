{{ config(alias='outcome_completeness') }}

with outcome_completeness as (
    select * from {{ ref('outcome_completeness') }}
),

released as (
    {{ released_counts(
        ref('released_counts'), 'outcome_completeness', ['n_eligible', 'n_with_baseline', 'n_with_outcome', 'n_complete']
    ) }}
),

shareable_outcome_completeness as (
    select
        outcome_completeness.study_id,
        outcome_completeness.instrument,
        outcome_completeness.stratum_kind,
        outcome_completeness.stratum,
        released.n_eligible,
        released.n_with_baseline,
        released.n_with_outcome,
        released.n_complete,
        {% for figure in ['outcome_data_rate', 'ci_low', 'ci_high'] -%}
        case when {{ all_visible(['released.n_complete', 'released.n_eligible']) }} then outcome_completeness.{{ figure }} end
            as {{ figure }},
        {% endfor -%}
        released.is_suppressed
    from outcome_completeness
    inner join released
        on {{ row_key([
            'outcome_completeness.study_id', 'outcome_completeness.instrument', 'outcome_completeness.stratum_kind',
            'outcome_completeness.stratum',
        ]) }} = released.row_key
)

select * from shareable_outcome_completeness
