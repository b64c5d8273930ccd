with source as (
    select * from {{ source('ehr', 'adverse_events') }}
),

typed as (
    select
        {{ record_columns() }},
        adverse_event_id,
        patient_id,
        event as event_text,
        severity,
        {{ day_of('started_at') }} as started_on,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'adverse_events') }} as missing_column,
        {{ first_unparsable_column('ehr', 'adverse_events') }} as unparsable_column
    from source
)

select * from typed
