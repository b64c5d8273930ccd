{%- set microseconds_per_hour = 60 * 60 * 1000000 -%}
{#- Decimal places of a dose that is a rate times a time: beyond them lies the noise of binary arithmetic. -#}
{%- set dose_decimals = 9 -%}
with source as (
    select * from {{ source('fhir', 'medication_administration') }}
),

concepts as (
    select * from {{ ref('stg_fhir__concepts') }}
),

contained_medications as (
    select * from {{ ref('stg_fhir__contained_medications') }}
),

medication_definitions as (
    select * from {{ ref('stg_fhir__medication_definitions') }}
),

routes as (
    {{ coded_values_of('route') }}
),

dose_unit_codes as (
    select
        code,
        value
    from {{ ref('coded_values') }}
    where field = 'dose_unit' and code_system = 'ucum'
),

dose_rate_units as (
    select
        lower(rate_unit) as rate_unit_key,
        dose_unit,
        hours_per_unit
    from {{ ref('dose_rate_units') }}
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
    where resource_type = 'MedicationAdministration'
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

local as (
    select
        source.*,
        {{ contained_id('source.medication') }} as contained_medication_id,
        {{ referenced_id('source.medication', 'Medication') }} as separate_medication_id,
        {{ local_text('coalesce(source.effective_at, source.effective_start)', 'site_time_zones.time_zone') }} as started_text,
        {{ local_text('source.effective_end', 'site_time_zones.time_zone') }} as ended_text,
        {{ local_text('source.last_updated', 'site_time_zones.time_zone') }} as updated_text,
        coalesce(
            source.rate_code,
            source.rate_unit,
            coalesce(source.rate_numerator_code, source.rate_numerator_unit)
            || '/' || coalesce(source.rate_denominator_code, source.rate_denominator_unit)
        ) as rate_unit_text
    from source
    left join site_time_zones on source.site_id = site_time_zones.site_id
),

flat as (
    select
        {{ record_columns('local') }},
        local.id as administration_id,
        {{ referenced_id('local.patient', 'Patient') }} as patient_id,
        coalesce(
            local.medication_text,
            concepts.concept_text,
            contained_medications.medication_text,
            contained_concepts.concept_text,
            medication_definitions.medication_text
        ) as medication,
        coalesce(
            concepts.ingredient_rxnorm_code,
            concepts.first_rxnorm_code,
            contained_concepts.ingredient_rxnorm_code,
            contained_concepts.first_rxnorm_code,
            medication_definitions.rxnorm_code
        ) as rxnorm_code,
        coalesce(routes.value, local.route_text, route_concepts.concept_text) as route,
        local.dose_value as dose,
        coalesce(dose_unit_codes.value, local.dose_unit, local.dose_code) as dose_unit,
        cast(null as string) as concentration_mg_per_ml,
        local.started_text as started_at,
        {{ unless_partial('local.ended_text') }} as ended_at,
        local.status,
        local.updated_text as updated_at,
        coalesce(
            {{ number_of('local.rate_value') }},
            {{ number_of('local.rate_numerator_value') }}
            / nullif({{ number_of("coalesce(local.rate_denominator_value, '1')") }}, 0)
        ) as rate,
        dose_rate_units.dose_unit as rate_dose_unit,
        dose_rate_units.hours_per_unit,
        local.is_malformed,
        security_labels.restricted_label,
        deletions.resource_id is not null as is_deleted
    from local
    left join concepts on local.medication_codings = concepts.codings
    left join contained_medications
        on
            local.contained_medications = contained_medications.contained_medications
            and local.contained_medication_id = contained_medications.medication_id
    left join concepts as contained_concepts on contained_medications.codings = contained_concepts.codings
    left join medication_definitions
        on
            local.site_id = medication_definitions.site_id
            and local.separate_medication_id = medication_definitions.medication_id
    left join routes on local.route_codings = routes.codings
    left join concepts as route_concepts on local.route_codings = route_concepts.codings
    left join dose_unit_codes on local.dose_code = dose_unit_codes.code
    left join dose_rate_units on lower(local.rate_unit_text) = dose_rate_units.rate_unit_key
    left join security_labels on local.security_codings = security_labels.security_codings
    left join deletions
        on
            local.site_id = deletions.site_id
            and local.id = deletions.resource_id
            and local.delivered_on <= deletions.deleted_on
),

timed as (
    select
        *,
        {{ day_of('started_at') }} as started_day,
        {{ known_time_at('started_at', day_of('started_at')) }} as started_time,
        {{ day_of('ended_at') }} as ended_day,
        {{ known_time_at('ended_at', day_of('ended_at')) }} as ended_time
    from flat
),

-- Without a dose, a rate over a known time gives it.
dosed as (
    select
        *,
        case
            when dose is null and started_time < ended_time
                then
                    round(
                        rate
                        * cast({{ microseconds_between('started_time', 'ended_time') }} as double)
                        / {{ microseconds_per_hour }}
                        / hours_per_unit,
                        {{ dose_decimals }}
                    )
        end as dose_from_rate
    from timed
),

typed as (
    select
        {{ record_columns() }},
        administration_id,
        patient_id,
        medication as medication_text,
        rxnorm_code,
        route as route_text,
        coalesce({{ number_of('dose') }}, dose_from_rate) as dose,
        dose is null and dose_from_rate is null as is_dose_missing,
        false as is_dose_inexpressible,
        case when dose_from_rate is null then dose_unit else rate_dose_unit end as dose_unit_text,
        {{ number_of('concentration_mg_per_ml') }} as concentration_mg_per_ml,
        started_day as started_on,
        started_time as started_at,
        ended_day as ended_on,
        ended_time as ended_at,
        status as status_text,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        {{ first_missing_column('ehr', 'medication_administrations', except=['dose', 'dose_unit']) }} as missing_column,
        {{ first_unparsable_column('ehr', 'medication_administrations') }} as unparsable_column
    from dosed
)

select * from typed
