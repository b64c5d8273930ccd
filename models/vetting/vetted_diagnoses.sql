with delivered as (
    select * from {{ ref('delivered_diagnoses') }}
),

identities as (
    select * from {{ ref('patient_identities') }}
    where not is_chain_broken
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
        delivered.diagnosis_id,
        delivered.patient_id,
        identities.surviving_patient_id,
        identities.birth_date,
        coalesce(identities.is_retracted, false) as is_patient_retracted,
        identities.patient_id is null as is_orphan,
        delivered.code_text,
        delivered.other_codings,
        delivered.onset_on,
        delivered.resolved_on,
        delivered.recorded_on,
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
    left join status_aliases on {{ alias_key('delivered.status_text') }} = status_aliases.alias_key
    left join status_roles on status_aliases.value = status_roles.status
),

reasoned as (
    select
        *,
        case
            {{ first_problem() }}
            when {{ is_outside_delivery('onset_on', has_floor=false) }} then 'out_of_range:onset_on'
            when {{ is_outside_delivery('resolved_on', has_floor=false) }} then 'out_of_range:resolved_on'
            when {{ is_outside_delivery('recorded_on') }} then 'out_of_range:recorded_at'
            when is_orphan then 'orphan:patient_id'
        end as reason
    from mapped
),

versioned as (
    select
        *,
        {{ is_newest_version('diagnosis_id') }} as is_newest
    from reasoned
),

retracted as (
    select
        *,
        is_patient_retracted or {{ is_newest_retracted('diagnosis_id') }} as is_retracted
    from versioned
),

vetted as (
    select
        *,
        {{ record_fate(is_retracted='is_retracted') }} as fate
    from retracted
)

select * from vetted
