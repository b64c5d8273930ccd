with source as (
    select * from {{ source('fhir', 'adverse_event') }}
    where coalesce(lower(actuality), '') <> 'potential'
),

concepts as (
    select * from {{ ref('stg_fhir__concepts') }}
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
    where resource_type = 'AdverseEvent'
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

flat as (
    select
        {{ record_columns('source') }},
        source.id as adverse_event_id,
        {{ referenced_id('source.patient', 'Patient') }} as patient_id,
        coalesce(source.event_text, event_concepts.concept_text) as event,
        severity_concepts.concept_text as severity,
        {{ local_text(
            'coalesce(source.occurred_at, source.detected_at, source.recorded_at)', 'site_time_zones.time_zone'
        ) }} as started_at,
        {{ local_text('source.last_updated', 'site_time_zones.time_zone') }} as updated_at,
        source.is_malformed,
        security_labels.restricted_label,
        deletions.resource_id is not null as is_deleted
    from source
    left join site_time_zones on source.site_id = site_time_zones.site_id
    left join concepts as event_concepts on source.event_codings = event_concepts.codings
    left join concepts as severity_concepts on source.severity_codings = severity_concepts.codings
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
        adverse_event_id,
        patient_id,
        event as event_text,
        severity,
        {{ day_of('started_at') }} as started_on,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        {{ first_missing_column('ehr', 'adverse_events') }} as missing_column,
        {{ first_unparsable_column('ehr', 'adverse_events') }} as unparsable_column
    from flat
)

select * from typed
