with results as (
    select * from {{ ref('stg_omop__results') }}
    where vital is not null or is_malformed
),

units as (
    {{ concept_values_of('unit') }}
),

flat as (
    select
        {{ record_columns('results') }},
        results.result_id as vital_id,
        results.patient_id,
        results.vital,
        results.number_text as value,
        {{ concept_or_source('units.value', 'results.unit_source_value', 'results.unit_concept_id', 'results.site_id') }} as unit,
        results.result_at_text as measured_at,
        cast(null as string) as updated_at,
        results.is_malformed
    from results
    left join units on {{ concept_key('results.unit_concept_id', site_id='results.site_id') }} = units.concept_key
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
        cast(null as timestamp) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'vitals') }} as missing_column,
        {{ first_unparsable_column('ehr', 'vitals') }} as unparsable_column
    from flat
)

select * from typed
