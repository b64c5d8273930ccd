with source as (
    select * from {{ source('omop', 'condition_occurrence') }}
),

condition_codings as (
    select * from {{ ref('stg_omop__condition_codings') }}
),

statuses as (
    {{ concept_values_of('diagnosis_status') }}
),

conditions as (
    select
        *,
        coalesce({{ concept_key('condition_concept_id') }}, '')
        || '|'
        || coalesce({{ concept_key('condition_source_concept_id') }}, '') as concept_pair
    from source
),

coded as (
    select
        {{ record_columns('conditions') }},
        {{ omop_id('conditions.condition_occurrence_id') }} as diagnosis_id,
        {{ omop_id('conditions.person_id') }} as patient_id,
        -- The source value is an ICD-10-CM code unless the vocabulary says that it is one of another system.
        case
            when condition_codings.source_code_system is null then conditions.condition_source_value
            when condition_codings.source_code_system <> 'icd10cm' then null
            when conditions.condition_source_value is null then condition_codings.source_code
            when contains(
                {{ remove_matches('upper(conditions.condition_source_value)', '[.]') }},
                {{ remove_matches('upper(condition_codings.source_code)', '[.]') }}
            ) then conditions.condition_source_value
            else condition_codings.source_code || ';' || conditions.condition_source_value
        end as code_text,
        condition_codings.other_codings,
        cast(null as string) as onset_on,
        conditions.condition_end_date as resolved_on,
        coalesce(conditions.condition_start_date, {{ cut_fraction('conditions.condition_start_datetime') }}) as recorded_at,
        {{ concept_or_source(
            'statuses.value',
            'conditions.condition_status_source_value',
            'conditions.condition_status_concept_id',
            'conditions.site_id'
        ) }} as status,
        cast(null as string) as updated_at,
        conditions.is_malformed
    from conditions
    left join condition_codings on conditions.concept_pair = condition_codings.concept_pair
    left join statuses
        on {{ concept_key('conditions.condition_status_concept_id', site_id='conditions.site_id') }} = statuses.concept_key
),

flat as (
    select
        *,
        coalesce(code_text, other_codings) as code
    from coded
),

typed as (
    select
        {{ record_columns() }},
        diagnosis_id,
        patient_id,
        code_text,
        other_codings,
        {{ day_of('onset_on') }} as onset_on,
        {{ day_of('resolved_on') }} as resolved_on,
        {{ day_of('recorded_at') }} as recorded_on,
        status as status_text,
        cast(null as timestamp) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'diagnoses') }} as missing_column,
        {{ first_unparsable_column('ehr', 'diagnoses') }} as unparsable_column
    from flat
)

select * from typed
