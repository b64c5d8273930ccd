with source as (
    select * from {{ source('ehr', 'patients') }}
),

typed as (
    select
        {{ record_columns() }},
        patient_id,
        {{ day_of('birth_date') }} as birth_date,
        'day' as birth_date_precision,
        sex as sex_text,
        race as race_text,
        ethnicity as ethnicity_text,
        {{ zip3('zip_code') }} as zip3,
        zip_code is not null as has_zip_code,
        {{ day_of('deceased_on') }} as deceased_on,
        coalesce({{ boolean_of('is_test') }}, false) or coalesce(has_test_name, false) as is_test_patient,
        merged_into as merged_into_patient_id,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'patients') }} as missing_column,
        {{ first_unparsable_column('ehr', 'patients') }} as unparsable_column
    from source
)

select * from typed
