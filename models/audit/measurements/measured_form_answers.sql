with scored_assessments as (
    select * from {{ ref('scored_assessments') }}
    where is_completed
),

assessments as (
    select * from {{ ref('assessments') }}
),

completed as (
    select
        assessments.site_id,
        scored_assessments.n_items_answered,
        assessments.total_score
    from scored_assessments
    inner join assessments on scored_assessments.assessment_key = assessments.assessment_key
),

measured_form_answers as (
    {{ measured_checks('completed', [
        {'check_id': 'forms_without_answers', 'is_violating': 'n_items_answered = 0 and total_score is null'},
    ]) }}
)

select * from measured_form_answers
