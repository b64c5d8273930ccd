with source as (
    select * from {{ source('ehr', 'vitals') }}
),

typed as (
    select
        {{ record_columns() }},
        false as is_part,
        vital_id,
        patient_id,
        vital as vital_text,
        value as value_text,
        {{ number_of('value') }} as measured_value,
        unit as unit_text,
        {{ day_of('measured_at') }} as measured_on,
        {{ known_time_at('measured_at', day_of('measured_at')) }} as measured_at,
        cast(null as string) as status_text,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'vitals') }} as missing_column,
        {{ first_unparsable_column('ehr', 'vitals') }} as unparsable_column
    from source
)

select * from typed
