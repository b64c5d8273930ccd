with source as (
    select * from {{ source('fhir', 'medication') }}
),

concepts as (
    select * from {{ ref('stg_fhir__concepts') }}
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
    where resource_type = 'Medication'
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

flat as (
    select
        {{ record_columns('source') }},
        source.id as medication_id,
        coalesce(source.text, concepts.concept_text, ingredients.concept_text) as medication_text,
        coalesce(
            concepts.ingredient_rxnorm_code,
            ingredients.ingredient_rxnorm_code,
            concepts.first_rxnorm_code,
            ingredients.first_rxnorm_code
        ) as rxnorm_code,
        {{ local_text('source.last_updated', 'site_time_zones.time_zone') }} as updated_at,
        case
            when source.id is null then 'missing'
            when security_labels.restricted_label is not null then 'restricted'
            when deletions.resource_id is not null then 'deleted'
        end as reason
    from source
    left join concepts on source.codings = concepts.codings
    left join concepts as ingredients on source.ingredient_codings = ingredients.codings
    left join site_time_zones on source.site_id = site_time_zones.site_id
    left join security_labels on source.security_codings = security_labels.security_codings
    left join deletions
        on
            source.site_id = deletions.site_id
            and source.id = deletions.resource_id
            and source.delivered_on <= deletions.deleted_on
),

typed as (
    select
        {{ record_columns() }},
        medication_id,
        medication_text,
        rxnorm_code,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        reason
    from flat
),

versioned as (
    select
        *,
        {{ is_newest_version('medication_id') }} as is_newest
    from typed
),

medication_definitions as (
    select
        site_id,
        medication_id,
        medication_text,
        rxnorm_code
    from versioned
    where is_newest
)

select * from medication_definitions
