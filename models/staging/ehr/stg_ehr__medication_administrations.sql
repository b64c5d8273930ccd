with source as (
    select * from {{ source('ehr', 'medication_administrations') }}
),

typed as (
    select
        {{ record_columns() }},
        administration_id,
        patient_id,
        medication as medication_text,
        rxnorm_code,
        route as route_text,
        {{ number_of('dose') }} as dose,
        dose is null as is_dose_missing,
        false as is_dose_inexpressible,
        dose_unit as dose_unit_text,
        {{ number_of('concentration_mg_per_ml') }} as concentration_mg_per_ml,
        {{ day_of('started_at') }} as started_on,
        {{ known_time_at('started_at', day_of('started_at')) }} as started_at,
        {{ day_of('ended_at') }} as ended_on,
        {{ known_time_at('ended_at', day_of('ended_at')) }} as ended_at,
        status as status_text,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'medication_administrations', except=['dose', 'dose_unit']) }} as missing_column,
        {{ first_unparsable_column('ehr', 'medication_administrations') }} as unparsable_column
    from source
)

select * from typed
