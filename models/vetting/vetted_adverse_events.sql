with delivered as (
    select * from {{ ref('delivered_adverse_events') }}
),

identities as (
    select * from {{ ref('patient_identities') }}
    where not is_chain_broken
),

severity_aliases as (
    {{ aliases_of('severity') }}
),

mapped as (
    select
        {{ record_columns('delivered') }},
        delivered.adverse_event_id,
        delivered.patient_id,
        identities.surviving_patient_id,
        identities.birth_date,
        coalesce(identities.is_retracted, false) as is_patient_retracted,
        identities.patient_id is null as is_orphan,
        case when delivered.severity is not null then coalesce(severity_aliases.value, 'unknown') end as severity,
        delivered.started_on,
        coalesce(delivered.is_deleted, false) as is_retracting,
        delivered.updated_at,
        delivered.is_malformed,
        delivered.restricted_label,
        delivered.missing_column,
        delivered.unparsable_column
    from delivered
    left join identities on delivered.site_id = identities.site_id and delivered.patient_id = identities.patient_id
    left join severity_aliases on {{ alias_key('delivered.severity') }} = severity_aliases.alias_key
),

reasoned as (
    select
        *,
        case
            {{ first_problem() }}
            when {{ is_outside_delivery('started_on') }} then 'out_of_range:started_at'
            when is_orphan then 'orphan:patient_id'
        end as reason
    from mapped
),

versioned as (
    select
        *,
        {{ is_newest_version('adverse_event_id') }} as is_newest
    from reasoned
),

retracted as (
    select
        *,
        is_patient_retracted or {{ is_newest_retracted('adverse_event_id') }} as is_retracted
    from versioned
),

vetted as (
    select
        *,
        {{ record_fate(is_retracted='is_retracted') }} as fate
    from retracted
)

select * from vetted
