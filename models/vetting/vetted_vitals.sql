with delivered as (
    select * from {{ ref('delivered_vitals') }}
),

identities as (
    select * from {{ ref('patient_identities') }}
    where not is_chain_broken
),

vital_aliases as (
    {{ aliases_of('vital') }}
),

unit_aliases as (
    {{ aliases_of('unit') }}
),

weight_units as (
    select * from {{ ref('weight_units') }}
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
        coalesce(delivered.is_part, false) as is_part,
        delivered.vital_id,
        delivered.patient_id,
        identities.surviving_patient_id,
        identities.birth_date,
        coalesce(identities.is_retracted, false) as is_patient_retracted,
        identities.patient_id is null as is_orphan,
        delivered.vital_text,
        coalesce(vital_aliases.value, 'unknown') as vital,
        delivered.vital_text is not null and vital_aliases.value is null as is_vital_unmapped,
        coalesce(vital_aliases.value = 'weight', false) as is_weight,
        delivered.measured_value,
        delivered.unit_text,
        delivered.unit_text is not null and unit_aliases.value is null as is_unit_unmapped,
        weight_units.weight_unit,
        -- Exact decimals, cut and never rounded at 15 places: 24.9999999999999999 kg must not become 25.
        try_cast(regexp_extract(delivered.value_text, '^[+-]?[0-9]*[.]?[0-9]{0,15}', 0) as decimal(22, 15))
        * cast(weight_units.kg_factor as decimal(14, 12)) as weight_kg_exact,
        {{ regexp_like('delivered.value_text', '[.][0-9]{15}[0-9]*[1-9]') }} as is_weight_cut,
        delivered.measured_on,
        delivered.measured_at,
        coalesce(status_roles.is_retracting, false) or coalesce(delivered.is_deleted, false) as is_retracting,
        delivered.updated_at,
        delivered.is_malformed,
        delivered.restricted_label,
        delivered.missing_column,
        delivered.unparsable_column
    from delivered
    left join identities on delivered.site_id = identities.site_id and delivered.patient_id = identities.patient_id
    left join vital_aliases on {{ alias_key('delivered.vital_text') }} = vital_aliases.alias_key
    left join unit_aliases on {{ alias_key('delivered.unit_text') }} = unit_aliases.alias_key
    left join weight_units on unit_aliases.value = weight_units.weight_unit
    left join status_aliases on {{ alias_key('delivered.status_text') }} = status_aliases.alias_key
    left join status_roles on status_aliases.value = status_roles.status
),

reasoned as (
    select
        *,
        case
            {{ first_problem(
                missing="case
                    when missing_column <> 'measured_at' then missing_column
                    when is_weight and unit_text is null then 'unit'
                    else missing_column
                end",
                unparsable="case
                    when unparsable_column = 'value' then unparsable_column
                    when is_weight and weight_unit is null then 'unit'
                    else unparsable_column
                end"
            ) }}
            when
                is_weight
                and (
                    weight_kg_exact is null
                    or weight_kg_exact < {{ var('weight_kg_min') }}
                    or weight_kg_exact > {{ var('weight_kg_max') }}
                    or (weight_kg_exact = {{ var('weight_kg_max') }} and is_weight_cut)
                )
                then 'out_of_range:value'
            when {{ is_outside_delivery('measured_on') }} then 'out_of_range:measured_at'
            when is_orphan then 'orphan:patient_id'
        end as reason
    from mapped
),

versioned as (
    select
        *,
        {{ is_newest_version('vital_id') }} as is_newest
    from reasoned
),

retracted as (
    select
        *,
        is_patient_retracted or {{ is_newest_retracted('vital_id') }} as is_retracted
    from versioned
),

vetted as (
    select
        *,
        {{ record_fate(is_retracted='is_retracted') }} as fate
    from retracted
)

select * from vetted
