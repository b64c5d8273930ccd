with observations as (
    select * from {{ ref('stg_fhir__observations') }}
    where carried = 'vital'
),

parts as (
    select * from {{ ref('stg_fhir__observation_parts') }}
    where vital is not null and value_text is not null
),

ranked_parts as (
    select
        *,
        row_number() over (partition by {{ record_columns() }} order by component_position) as part_rank,
        row_number() over (partition by {{ record_columns() }}, vital order by component_position) as vital_rank
    from parts
),

measured as (
    select
        {{ record_columns() }},
        false as is_part,
        observation_id as vital_id,
        patient_id,
        coalesce(vital, part_vital) as vital,
        value_text as value,
        unit_text as unit,
        effective_text as measured_at,
        status,
        updated_text as updated_at,
        is_malformed,
        restricted_label,
        is_deleted
    from observations
    where n_measured_parts = 0 or (vital is not null and value_text is not null)
    union all
    select
        {{ record_columns('observations') }},
        ranked_parts.part_rank > 1 or (observations.vital is not null and observations.value_text is not null) as is_part,
        observations.observation_id
        || case
            when
                observations.n_measured_parts > 1
                or (observations.vital is not null and observations.value_text is not null)
                then '#' || ranked_parts.vital
            else ''
        end
        || case when ranked_parts.vital_rank > 1 then '-' || cast(ranked_parts.vital_rank as string) else '' end as vital_id,
        observations.patient_id,
        ranked_parts.vital,
        ranked_parts.value_text as value,
        ranked_parts.unit_text as unit,
        observations.effective_text as measured_at,
        observations.status,
        observations.updated_text as updated_at,
        observations.is_malformed,
        observations.restricted_label,
        observations.is_deleted
    from observations
    inner join ranked_parts
        on
            observations.site_id = ranked_parts.site_id
            and observations.delivered_on = ranked_parts.delivered_on
            and observations.file = ranked_parts.file
            and observations.row_number = ranked_parts.row_number
    -- Without an id there is one record, which misses it, and nothing that its parts could be called.
    where
        observations.observation_id is not null
        or (ranked_parts.part_rank = 1 and (observations.vital is null or observations.value_text is null))
),

typed as (
    select
        {{ record_columns() }},
        is_part,
        vital_id,
        patient_id,
        vital as vital_text,
        value as value_text,
        {{ number_of('value') }} as measured_value,
        unit as unit_text,
        {{ day_of('measured_at') }} as measured_on,
        {{ known_time_at('measured_at', day_of('measured_at')) }} as measured_at,
        status as status_text,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        {{ first_missing_column('ehr', 'vitals') }} as missing_column,
        {{ first_unparsable_column('ehr', 'vitals') }} as unparsable_column
    from measured
)

select * from typed
