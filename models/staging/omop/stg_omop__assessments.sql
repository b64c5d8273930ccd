with survey_rows as (
    select * from {{ ref('stg_omop__survey_rows') }}
    where is_form or is_form_part
),

flat as (
    select
        {{ record_columns() }},
        is_form_part as is_part,
        assessment_id,
        patient_id,
        instrument,
        cast(null as string) as recall_days,
        cast(null as string) as sent_at,
        cast(null as string) as started_at,
        completed_at_text as completed_at,
        case when not is_form_part then value_text end as total_score,
        'completed' as status,
        cast(null as string) as channel,
        cast(null as string) as updated_at
    from survey_rows
),

typed as (
    select
        {{ record_columns() }},
        is_part,
        assessment_id,
        patient_id,
        instrument as instrument_text,
        {{ whole_number_of('recall_days') }} as recall_days,
        {{ day_of('sent_at') }} as sent_on,
        {{ day_of('started_at') }} as started_on,
        {{ day_of('completed_at') }} as completed_on,
        {{ known_time_at('completed_at', day_of('completed_at')) }} as completed_at,
        {{ whole_number_of('total_score') }} as total_score,
        status as status_text,
        channel,
        true as is_from_observations,
        cast(null as string) as derived_from_assessment_id,
        cast(null as timestamp) as updated_at,
        false as is_malformed,
        {{ unlabelled_columns() }},
        -- Every result has a day, so every form of results has one.
        coalesce(
            {{ first_missing_column('ehr', 'assessments') }}, case when completed_at is null then 'completed_at' end
        ) as missing_column,
        {{ first_unparsable_column('ehr', 'assessments') }} as unparsable_column
    from flat
)

select * from typed
