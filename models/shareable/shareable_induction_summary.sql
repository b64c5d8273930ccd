{{ config(alias='induction_summary') }}

with induction_summary as (
    select * from {{ ref('induction_summary') }}
),

released as (
    {{ released_counts(ref('released_counts'), 'induction_summary', ['n', 'n_met', 'n_with_dose']) }}
),

shareable_induction_summary as (
    select
        induction_summary.study_id,
        induction_summary.definition_id,
        induction_summary.denominator,
        released.n,
        released.n_met,
        {% for figure in ['met_rate', 'ci_low', 'ci_high'] -%}
        case when {{ all_visible(['released.n', 'released.n_met']) }} then induction_summary.{{ figure }} end as {{ figure }},
        {% endfor -%}
        released.n_with_dose,
        {% for figure in ['mean', 'sd', 'median'] -%}
        case when {{ all_visible(['released.n_with_dose']) }} then induction_summary.{{ figure }}_final_dose_mg_per_kg end
            as {{ figure }}_final_dose_mg_per_kg,
        {% endfor -%}
        released.is_suppressed
    from induction_summary
    inner join released
        on {{ row_key([
            'induction_summary.study_id', 'induction_summary.definition_id', 'induction_summary.denominator',
        ]) }} = released.row_key
)

select * from shareable_induction_summary
