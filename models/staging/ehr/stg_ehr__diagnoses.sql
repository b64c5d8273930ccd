with source as (
    select * from {{ source('ehr', 'diagnoses') }}
),

typed as (
    select
        {{ record_columns() }},
        diagnosis_id,
        patient_id,
        code as code_text,
        cast(null as string) as other_codings,
        {{ day_of('onset_on') }} as onset_on,
        {{ day_of('resolved_on') }} as resolved_on,
        {{ day_of('recorded_at') }} as recorded_on,
        status as status_text,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'diagnoses') }} as missing_column,
        {{ first_unparsable_column('ehr', 'diagnoses') }} as unparsable_column
    from source
)

select * from typed
