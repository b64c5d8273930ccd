with vetted_assessments as (
    select * from {{ ref('vetted_assessments') }}
    where fate = 'accepted'
),

patients as (
    select * from {{ ref('patients') }}
),

assessments as (
    select
        vetted_assessments.site_id,
        vetted_assessments.assessment_id,
        patients.patient_key,
        {{ pseudonym('assessment', ['vetted_assessments.site_id', 'vetted_assessments.assessment_id']) }} as assessment_key,
        vetted_assessments.instrument,
        vetted_assessments.status,
        vetted_assessments.channel,
        cast(vetted_assessments.recall_days as bigint) as recall_days,
        vetted_assessments.sent_on,
        vetted_assessments.started_on,
        vetted_assessments.completed_on,
        vetted_assessments.completed_at,
        try_cast(vetted_assessments.total_score as bigint) as total_score
    from vetted_assessments
    inner join patients
        on vetted_assessments.site_id = patients.site_id and vetted_assessments.surviving_patient_id = patients.patient_id
)

select * from assessments
