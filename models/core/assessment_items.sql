with vetted_assessment_responses as (
    select * from {{ ref('vetted_assessment_responses') }}
    where fate = 'accepted'
),

assessments as (
    select * from {{ ref('assessments') }}
),

-- The responses of a duplicate form stay accepted but enter no score, so they stop here.
assessment_items as (
    select
        assessments.assessment_key,
        vetted_assessment_responses.item_number,
        try_cast(vetted_assessment_responses.response as bigint) as response
    from vetted_assessment_responses
    inner join assessments
        on
            vetted_assessment_responses.site_id = assessments.site_id
            and vetted_assessment_responses.assessment_id = assessments.assessment_id
)

select * from assessment_items
