with infusion_forms as (
    select * from {{ ref('infusion_forms') }}
),

post_induction_forms as (
    select * from {{ ref('post_induction_forms') }}
),

induction_definitions as (
    select * from {{ ref('induction_definitions') }}
),

timepoints as (
    select * from {{ ref('timepoints') }}
),

ranked_infusion_forms as (
    select
        *,
        row_number() over (partition by patient_key, instrument order by infusion_number desc) as recency
    from infusion_forms
),

-- The forms after an infusion do not depend on the induction's definition; they are repeated for each.
at_infusions as (
    select
        ranked_infusion_forms.patient_key,
        induction_definitions.definition_id,
        ranked_infusion_forms.instrument,
        timepoints.timepoint,
        ranked_infusion_forms.infusion_number,
        ranked_infusion_forms.assessment_key,
        ranked_infusion_forms.day,
        ranked_infusion_forms.score,
        ranked_infusion_forms.recall_contamination
    from ranked_infusion_forms
    inner join timepoints
        on
            (timepoints.kind = 'infusion' and ranked_infusion_forms.infusion_number = timepoints.infusion_number)
            or (timepoints.kind = 'last_observed' and ranked_infusion_forms.recency = 1)
    cross join induction_definitions
),

after_induction as (
    select
        post_induction_forms.patient_key,
        post_induction_forms.definition_id,
        post_induction_forms.instrument,
        timepoints.timepoint,
        post_induction_forms.infusion_number,
        post_induction_forms.assessment_key,
        post_induction_forms.day,
        post_induction_forms.score,
        post_induction_forms.recall_contamination
    from post_induction_forms
    inner join timepoints on timepoints.kind = 'post_induction'
),

timepoint_forms as (
    select * from at_infusions
    union all
    select * from after_induction
)

select * from timepoint_forms
