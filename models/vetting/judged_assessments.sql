with delivered as (
    select * from {{ ref('delivered_assessments') }}
),

identities as (
    select * from {{ ref('patient_identities') }}
    where not is_chain_broken
),

instrument_aliases as (
    {{ aliases_of('instrument') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

status_aliases as (
    {{ aliases_of('status') }}
),

status_roles as (
    select * from {{ ref('status_roles') }}
),

channel_aliases as (
    {{ aliases_of('channel') }}
),

mapped as (
    select
        {{ record_columns('delivered') }},
        coalesce(delivered.is_part, false) as is_part,
        delivered.assessment_id,
        delivered.patient_id,
        identities.surviving_patient_id,
        identities.birth_date,
        coalesce(identities.is_retracted, false) as is_patient_retracted,
        identities.patient_id is null as is_orphan,
        delivered.instrument_text,
        coalesce(instrument_aliases.value, 'unknown') as instrument,
        delivered.instrument_text is not null and instrument_aliases.value is null as is_instrument_unmapped,
        coalesce(instruments.is_scored, false) as is_scored,
        delivered.recall_days,
        delivered.sent_on,
        delivered.started_on,
        delivered.completed_on,
        delivered.completed_at,
        delivered.total_score,
        instruments.score_min,
        instruments.score_max,
        case when delivered.channel is not null then coalesce(channel_aliases.value, 'unknown') end as channel,
        coalesce(delivered.is_from_observations, false) as is_from_observations,
        delivered.derived_from_assessment_id,
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
    left join instrument_aliases on {{ alias_key('delivered.instrument_text') }} = instrument_aliases.alias_key
    left join instruments on instrument_aliases.value = instruments.instrument
    left join status_aliases on {{ alias_key('delivered.status_text') }} = status_aliases.alias_key
    left join status_roles on status_aliases.value = status_roles.status
    left join channel_aliases on {{ alias_key('delivered.channel') }} = channel_aliases.alias_key
),

reasoned as (
    select
        *,
        case
            {{ first_problem() }}
            when recall_days < {{ var('recall_days_min') }} or recall_days > {{ var('recall_days_max') }}
                then 'out_of_range:recall_days'
            when {{ is_outside_delivery('sent_on') }} then 'out_of_range:sent_at'
            when {{ is_outside_delivery('started_on') }} then 'out_of_range:started_at'
            when {{ is_outside_delivery('completed_on') }} then 'out_of_range:completed_at'
            when is_scored and (total_score < score_min or total_score > score_max) then 'out_of_range:total_score'
            when is_orphan then 'orphan:patient_id'
        end as reason
    from mapped
),

versioned as (
    select
        *,
        {{ is_newest_version('assessment_id') }} as is_newest
    from reasoned
),

judged as (
    select
        *,
        is_patient_retracted or {{ is_newest_retracted('assessment_id') }} as is_retracted
    from versioned
)

select * from judged
