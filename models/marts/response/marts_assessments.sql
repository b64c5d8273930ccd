{{ config(alias='assessments') }}

with scored_assessments as (
    select * from {{ ref('scored_assessments') }}
),

placed_assessments as (
    select * from {{ ref('placed_assessments') }}
),

assessments as (
    select
        scored_assessments.patient_key,
        scored_assessments.assessment_key,
        scored_assessments.instrument,
        placed_assessments.day,
        -- Without sessions none precedes a form; without a day it is not known how many do.
        case when scored_assessments.has_completion_day then coalesce(placed_assessments.after_infusion_number, 0) end
            as after_infusion_number,
        scored_assessments.score,
        scored_assessments.score_source,
        scored_assessments.prorated_score,
        scored_assessments.n_items_answered,
        scored_assessments.is_valid,
        scored_assessments.is_total_mismatch,
        coalesce(placed_assessments.same_day_time_unknown, false) as same_day_time_unknown,
        scored_assessments.recall_days,
        placed_assessments.recall_contamination,
        scored_assessments.score_b,
        scored_assessments.score_c,
        scored_assessments.score_d,
        scored_assessments.score_e,
        scored_assessments.dsm5_pattern,
        scored_assessments.item9_score,
        scored_assessments.is_started,
        scored_assessments.is_completed
    from scored_assessments
    left join placed_assessments on scored_assessments.assessment_key = placed_assessments.assessment_key
)

select * from assessments
