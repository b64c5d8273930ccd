with placed_assessments as (
    select * from {{ ref('placed_assessments') }}
),

scored_assessments as (
    select * from {{ ref('scored_assessments') }}
    where is_valid
),

valid_forms as (
    select
        placed_assessments.*,
        scored_assessments.score
    from placed_assessments
    inner join scored_assessments on placed_assessments.assessment_key = scored_assessments.assessment_key
)

select * from valid_forms
