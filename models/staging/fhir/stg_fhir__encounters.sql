with source as (
    select * from {{ source('fhir', 'encounter') }}
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
    where resource_type = 'Encounter'
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

retracting_statuses as (
    select status from {{ ref('status_roles') }}
    where is_retracting
),

flat as (
    select
        {{ record_columns('source') }},
        source.id as encounter_id,
        {{ local_text('source.period_start', 'site_time_zones.time_zone') }} as started_text,
        source.status as status_text,
        {{ local_text('source.last_updated', 'site_time_zones.time_zone') }} as updated_at,
        case
            when source.id is null then 'missing'
            when security_labels.restricted_label is not null then 'restricted'
            when deletions.resource_id is not null then 'deleted'
        end as reason
    from source
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
        encounter_id,
        started_text,
        status_text,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        reason
    from flat
),

versioned as (
    select
        *,
        {{ is_newest_version('encounter_id') }} as is_newest
    from typed
),

encounters as (
    select
        versioned.site_id,
        versioned.encounter_id,
        versioned.started_text
    from versioned
    left join retracting_statuses on lower(versioned.status_text) = retracting_statuses.status
    where versioned.is_newest and retracting_statuses.status is null
)

select * from encounters
