with delivered as (
    select * from {{ ref('delivered_medications') }}
),

identities as (
    select * from {{ ref('patient_identities') }}
    where not is_chain_broken
),

route_aliases as (
    {{ aliases_of('route') }}
),

status_aliases as (
    {{ aliases_of('status') }}
),

status_roles as (
    select * from {{ ref('status_roles') }}
),

mapped as (
    select
        {{ record_columns('delivered') }},
        delivered.medication_id,
        delivered.patient_id,
        identities.surviving_patient_id,
        identities.birth_date,
        coalesce(identities.is_retracted, false) as is_patient_retracted,
        identities.patient_id is null as is_orphan,
        delivered.medication_text,
        delivered.rxnorm_code,
        delivered.route_text,
        case when delivered.route_text is not null then coalesce(route_aliases.value, 'unknown') end as route,
        delivered.route_text is not null and route_aliases.value is null as is_route_unmapped,
        delivered.started_on,
        delivered.stopped_on,
        delivered.status_text,
        case when delivered.status_text is not null then coalesce(status_aliases.value, 'unknown') end as status,
        delivered.status_text is not null and status_aliases.value is null as is_status_unmapped,
        coalesce(status_roles.is_retracting, false) or coalesce(delivered.is_deleted, false) as is_retracting,
        delivered.updated_at,
        delivered.is_malformed,
        delivered.restricted_label,
        delivered.missing_column,
        delivered.unparsable_column
    from delivered
    left join identities on delivered.site_id = identities.site_id and delivered.patient_id = identities.patient_id
    left join route_aliases on {{ alias_key('delivered.route_text') }} = route_aliases.alias_key
    left join status_aliases on {{ alias_key('delivered.status_text') }} = status_aliases.alias_key
    left join status_roles on status_aliases.value = status_roles.status
),

reasoned as (
    select
        *,
        case
            {{ first_problem() }}
            when {{ is_outside_delivery('started_on', has_floor=false) }} then 'out_of_range:started_on'
            when {{ is_outside_delivery('stopped_on', has_floor=false, has_ceiling=false) }} then 'out_of_range:stopped_on'
            when is_orphan then 'orphan:patient_id'
        end as reason
    from mapped
),

versioned as (
    select
        *,
        {{ is_newest_version('medication_id') }} as is_newest
    from reasoned
),

retracted as (
    select
        *,
        is_patient_retracted or {{ is_newest_retracted('medication_id') }} as is_retracted
    from versioned
),

vetted as (
    select
        *,
        {{ record_fate(is_retracted='is_retracted') }} as fate
    from retracted
)

select * from vetted
