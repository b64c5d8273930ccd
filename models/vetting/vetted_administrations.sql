with delivered as (
    select * from {{ ref('delivered_medication_administrations') }}
),

identities as (
    select * from {{ ref('patient_identities') }}
    where not is_chain_broken
),

route_aliases as (
    {{ aliases_of('route') }}
),

dose_unit_aliases as (
    {{ aliases_of('dose_unit') }}
),

code_ingredients as (
    select
        code,
        ingredient
    from {{ ref('ingredient_codes') }}
    where code_system = 'rxnorm'
),

ingredient_names as (
    select * from {{ ref('ingredient_names') }}
),

medication_names as (
    select
        medication_text,
        {{ letters_only('medication_text') }} as name_letters
    from delivered
    where medication_text is not null
    group by medication_text
),

-- The first pattern decides: esketamine contains ketamine.
name_ingredients as (
    select
        medication_names.medication_text,
        min_by(ingredient_names.ingredient, ingredient_names.match_order) as ingredient
    from medication_names
    inner join ingredient_names on contains(medication_names.name_letters, ingredient_names.name_part)
    group by medication_names.medication_text
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
        delivered.administration_id,
        delivered.patient_id,
        identities.surviving_patient_id,
        identities.birth_date,
        coalesce(identities.is_retracted, false) as is_patient_retracted,
        identities.patient_id is null as is_orphan,
        delivered.medication_text,
        delivered.rxnorm_code,
        coalesce(code_ingredients.ingredient, name_ingredients.ingredient) as ingredient,
        code_ingredients.ingredient as ingredient_of_code,
        name_ingredients.ingredient as ingredient_of_name,
        delivered.route_text,
        case when delivered.route_text is not null then coalesce(route_aliases.value, 'unknown') end as route,
        delivered.route_text is not null and route_aliases.value is null as is_route_unmapped,
        delivered.dose,
        delivered.is_dose_missing,
        coalesce(delivered.is_dose_inexpressible, false) as is_dose_inexpressible,
        delivered.dose_unit_text,
        case when delivered.dose_unit_text is not null then coalesce(dose_unit_aliases.value, 'unknown') end as dose_unit,
        delivered.dose_unit_text is not null and dose_unit_aliases.value is null as is_dose_unit_unmapped,
        delivered.concentration_mg_per_ml,
        delivered.started_on,
        delivered.started_at,
        delivered.ended_on,
        delivered.ended_at,
        delivered.status_text is null or coalesce(status_roles.is_counted_administration, false) as is_counted,
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
    left join code_ingredients on delivered.rxnorm_code = code_ingredients.code
    left join name_ingredients on delivered.medication_text = name_ingredients.medication_text
    left join route_aliases on {{ alias_key('delivered.route_text') }} = route_aliases.alias_key
    left join dose_unit_aliases on {{ alias_key('delivered.dose_unit_text') }} = dose_unit_aliases.alias_key
    left join status_aliases on {{ alias_key('delivered.status_text') }} = status_aliases.alias_key
    left join status_roles on status_aliases.value = status_roles.status
),

reasoned as (
    select
        *,
        case
            {{ first_problem(
                missing="case
                    when missing_column <> 'started_at' then missing_column
                    when is_dose_inexpressible then missing_column
                    when is_counted and is_dose_missing then 'dose'
                    when is_counted and dose_unit_text is null then 'dose_unit'
                    else missing_column
                end"
            ) }}
            when dose < 0 or (is_counted and dose = 0) then 'out_of_range:dose'
            when {{ is_outside_delivery('started_on') }} then 'out_of_range:started_at'
            when {{ is_outside_delivery('ended_on') }} then 'out_of_range:ended_at'
            when is_orphan then 'orphan:patient_id'
        end as reason
    from mapped
),

versioned as (
    select
        *,
        {{ is_newest_version('administration_id') }} as is_newest
    from reasoned
),

retracted as (
    select
        *,
        is_patient_retracted or {{ is_newest_retracted('administration_id') }} as is_retracted,
        -- What two exports of one event share. Unmapped texts are compared as they are written, less case and punctuation.
        coalesce(ingredient, {{ normalised_text('medication_text') }}) as ingredient_key,
        case when is_route_unmapped then {{ normalised_text('route_text') }} else route end as route_key,
        case when is_dose_unit_unmapped then {{ normalised_text('dose_unit_text') }} else dose_unit end as dose_unit_key
    from versioned
),

ranked as (
    select
        *,
        row_number() over (
            partition by
                site_id,
                surviving_patient_id,
                reason is null and not is_retracted and is_newest and is_counted,
                started_on,
                started_at,
                ingredient_key,
                route_key,
                dose,
                dose_unit_key
            order by administration_id asc nulls last, delivered_on desc, file desc, row_number desc
        ) as rank_among_equals
    from retracted
),

vetted as (
    select
        *,
        {{ record_fate(is_retracted='is_retracted', is_duplicate='(is_counted and rank_among_equals > 1)') }} as fate
    from ranked
)

select * from vetted
