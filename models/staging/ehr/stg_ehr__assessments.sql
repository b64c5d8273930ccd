with source as (
    select * from {{ source('ehr', 'assessments') }}
),

typed as (
    select
        {{ record_columns() }},
        false as is_part,
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
        false as is_from_observations,
        cast(null as string) as derived_from_assessment_id,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'assessments') }} as missing_column,
        {{ first_unparsable_column('ehr', 'assessments') }} as unparsable_column
    from source
)

select * from typed
