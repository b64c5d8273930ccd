with source as (
    select * from {{ source('fhir', 'patient') }}
),

codings as (
    select * from {{ ref('stg_fhir__codings') }}
),

concepts as (
    select * from {{ ref('stg_fhir__concepts') }}
),

race_values as (
    select
        code_system,
        code,
        value
    from {{ ref('coded_values') }}
    where field = 'race'
),

ethnicities as (
    {{ coded_values_of('ethnicity') }}
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
    where resource_type = 'Patient'
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

-- Several categories are one value, multiple; unknown beside a category adds nothing.
races as (
    select
        codings.codings,
        case
            when count(distinct nullif(race_values.value, 'unknown')) > 1 then 'multiple'
            else coalesce(min(nullif(race_values.value, 'unknown')), 'unknown')
        end as race
    from codings
    inner join race_values on codings.code_system = race_values.code_system and codings.code = race_values.code
    group by codings.codings
),

flat as (
    select
        {{ record_columns('source') }},
        source.id as patient_id,
        source.birth_date as delivered_birth_date,
        -- The earliest day that the delivered precision allows.
        case
            when {{ regexp_like('source.birth_date', '^[0-9]{4}$') }} then source.birth_date || '-01-01'
            when {{ regexp_like('source.birth_date', '^[0-9]{4}-[0-9]{2}$') }} then source.birth_date || '-01'
            else source.birth_date
        end as birth_date,
        coalesce(source.birth_sex, source.gender) as sex,
        coalesce(races.race, race_concepts.concept_text) as race,
        coalesce(ethnicities.value, ethnicity_concepts.concept_text) as ethnicity,
        source.postal_code as zip_code,
        {{ unless_partial(local_text('source.deceased_at', 'site_time_zones.time_zone')) }} as deceased_on,
        cast(null as string) as is_test,
        coalesce(source.has_test_name, false)
        or coalesce(security_labels.is_test, false)
        or coalesce(tags.is_test, false) as is_test_patient,
        {{ referenced_id('source.replaced_by', 'Patient') }} as merged_into,
        {{ local_text('source.last_updated', 'site_time_zones.time_zone') }} as updated_at,
        source.is_malformed,
        security_labels.restricted_label,
        deletions.resource_id is not null as is_deleted
    from source
    left join site_time_zones on source.site_id = site_time_zones.site_id
    left join races on source.race_codings = races.codings
    left join concepts as race_concepts on source.race_codings = race_concepts.codings
    left join ethnicities on source.ethnicity_codings = ethnicities.codings
    left join concepts as ethnicity_concepts on source.ethnicity_codings = ethnicity_concepts.codings
    left join security_labels on source.security_codings = security_labels.security_codings
    left join security_labels as tags on source.tag_codings = tags.security_codings
    left join deletions
        on
            source.site_id = deletions.site_id
            and source.id = deletions.resource_id
            and source.delivered_on <= deletions.deleted_on
),

typed as (
    select
        {{ record_columns() }},
        patient_id,
        {{ day_of('birth_date') }} as birth_date,
        case
            when {{ day_of('birth_date') }} is null then null
            when {{ regexp_like('delivered_birth_date', '^[0-9]{4}$') }} then 'year'
            when {{ regexp_like('delivered_birth_date', '^[0-9]{4}-[0-9]{2}$') }} then 'month'
            else 'day'
        end as birth_date_precision,
        sex as sex_text,
        race as race_text,
        ethnicity as ethnicity_text,
        {{ zip3('zip_code') }} as zip3,
        zip_code is not null as has_zip_code,
        {{ day_of('deceased_on') }} as deceased_on,
        is_test_patient,
        merged_into as merged_into_patient_id,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        {{ first_missing_column('ehr', 'patients') }} as missing_column,
        {{ first_unparsable_column('ehr', 'patients') }} as unparsable_column
    from flat
)

select * from typed
