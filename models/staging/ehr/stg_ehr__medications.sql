with source as (
    select * from {{ source('ehr', 'medications') }}
),

typed as (
    select
        {{ record_columns() }},
        medication_id,
        patient_id,
        medication as medication_text,
        rxnorm_code,
        route as route_text,
        {{ day_of('started_on') }} as started_on,
        {{ day_of('stopped_on') }} as stopped_on,
        status as status_text,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'medications') }} as missing_column,
        {{ first_unparsable_column('ehr', 'medications') }} as unparsable_column
    from source
)

select * from typed
