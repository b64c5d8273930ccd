with drugs as (
    select * from {{ ref('stg_omop__drugs') }}
    where not is_administration
),

flat as (
    select
        {{ record_columns() }},
        drug_id as medication_id,
        patient_id,
        medication,
        rxnorm_code,
        route,
        started_at as started_on,
        ended_at as stopped_on,
        -- No status, but a place where a type that the seed does not know is told among the unmapped values.
        'drug_type_concept_id ' || unknown_type as status,
        cast(null as string) as updated_at,
        is_malformed
    from drugs
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
        cast(null as timestamp) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'medications') }} as missing_column,
        {{ first_unparsable_column('ehr', 'medications') }} as unparsable_column
    from flat
)

select * from typed
