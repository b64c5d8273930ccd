with source as (
    select * from {{ source('fhir', 'condition') }}
),

encounters as (
    select * from {{ ref('stg_fhir__encounters') }}
),

codings as (
    select * from {{ ref('stg_fhir__codings') }}
    where code is not null
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
    where resource_type = 'Condition'
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

delivered_texts as (
    select codings from source
    group by codings
),

-- The same code written twice, with a dot and without, is one code.
diagnosis_codes as (
    select
        codings.codings,
        codings.code_system,
        {{ remove_matches('upper(codings.code)', '[^\\p{L}\\p{N}_:-]') }} as code_key,
        min_by(codings.code, codings.coding_position) as code,
        min(codings.coding_position) as coding_position
    from codings
    inner join delivered_texts on codings.codings = delivered_texts.codings
    group by codings.codings, codings.code_system, {{ remove_matches('upper(codings.code)', '[^\\p{L}\\p{N}_:-]') }}
),

code_texts as (
    select
        codings,
        {{ joined_text('code', ';', 'coding_position') }} as code_text
    from diagnosis_codes
    where code_system = 'icd10cm'
    group by codings
),

other_texts as (
    select
        codings,
        {{ joined_text("code_system || '|' || code_key", ' ', "code_system || '|' || code_key") }} as other_codings
    from diagnosis_codes
    where code_system <> 'icd10cm'
    group by codings
),

local as (
    select
        source.*,
        {{ referenced_id('source.encounter', 'Encounter') }} as encounter_id,
        {{ local_text('coalesce(source.onset_at, source.onset_started_at)', 'site_time_zones.time_zone') }} as onset_text,
        {{ local_text('source.recorded_at', 'site_time_zones.time_zone') }} as recorded_text,
        {{ local_text('source.abated_at', 'site_time_zones.time_zone') }} as abated_text,
        {{ local_text('source.last_updated', 'site_time_zones.time_zone') }} as updated_text
    from source
    left join site_time_zones on source.site_id = site_time_zones.site_id
),

flat as (
    select
        {{ record_columns('local') }},
        local.id as diagnosis_id,
        {{ referenced_id('local.patient', 'Patient') }} as patient_id,
        code_texts.code_text,
        other_texts.other_codings,
        coalesce(code_texts.code_text, other_texts.other_codings) as code,
        local.onset_text as onset_on,
        {{ unless_partial('local.abated_text') }} as resolved_on,
        -- The day of a condition is its onset; the other days are needed only where there is none.
        case
            when local.onset_text is null then coalesce(local.recorded_text, encounters.started_text)
            else coalesce({{ unless_partial('local.recorded_text') }}, {{ unless_partial('encounters.started_text') }})
        end as recorded_at,
        case
            when lower(local.verification_status) <> 'confirmed' then local.verification_status
            else coalesce(local.clinical_status, lower(local.verification_status))
        end as status,
        local.updated_text as updated_at,
        local.is_malformed,
        security_labels.restricted_label,
        deletions.resource_id is not null as is_deleted
    from local
    left join code_texts on local.codings = code_texts.codings
    left join other_texts on local.codings = other_texts.codings
    left join encounters
        on local.site_id = encounters.site_id and local.encounter_id = encounters.encounter_id
    left join security_labels on local.security_codings = security_labels.security_codings
    left join deletions
        on
            local.site_id = deletions.site_id
            and local.id = deletions.resource_id
            and local.delivered_on <= deletions.deleted_on
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
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        coalesce(
            {{ first_missing_column('ehr', 'diagnoses', except=['recorded_at']) }},
            case when onset_on is null and recorded_at is null then 'recorded_at' end
        ) as missing_column,
        {{ first_unparsable_column('ehr', 'diagnoses') }} as unparsable_column
    from flat
)

select * from typed
