-- Read by two arms; as a view it also makes DuckDB 2.0.0 fail while it plans their union with other formats.
{{ config(materialized='table') }}

with source as (
    select * from {{ source('omop', 'drug_exposure') }}
),

concepts as (
    select * from {{ ref('stg_omop__concepts') }}
),

ingredients as (
    {{ concept_values_of('ingredient') }}
),

routes as (
    {{ concept_values_of('route') }}
),

administration_types as (
    {{ concept_values_of('administration_type') }}
),

prescription_types as (
    {{ concept_values_of('prescription_type') }}
),

ingredient_codes as (
    select * from {{ ref('ingredient_codes') }}
    where code_system = 'rxnorm' and concept_level = 'ingredient'
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

keyed as (
    select
        *,
        {{ concept_key('drug_concept_id') }} as drug_key,
        {{ concept_key('drug_source_concept_id') }} as source_drug_key,
        {{ concept_key('drug_type_concept_id') }} as type_key
    from source
),

drugs as (
    select
        {{ record_columns('keyed') }},
        {{ omop_id('keyed.drug_exposure_id') }} as drug_id,
        {{ omop_id('keyed.person_id') }} as patient_id,
        keyed.drug_key,
        coalesce(ingredients.value, source_ingredients.value) as ingredient,
        coalesce(
            keyed.drug_source_value, ingredients.value, source_ingredients.value, keyed.drug_key, keyed.source_drug_key
        ) as medication,
        coalesce(
            ingredient_codes.code,
            case when concepts.code_system = 'rxnorm' then concepts.code end,
            case when source_concepts.code_system = 'rxnorm' then source_concepts.code end
        ) as rxnorm_code,
        {{ concept_or_source('routes.value', 'keyed.route_source_value', 'keyed.route_concept_id', 'keyed.site_id') }} as route,
        keyed.quantity,
        keyed.dose_unit_source_value,
        coalesce(
            {{ local_text('keyed.drug_exposure_start_datetime', 'site_time_zones.time_zone') }}, keyed.drug_exposure_start_date
        ) as started_at,
        coalesce(
            {{ local_text('keyed.drug_exposure_end_datetime', 'site_time_zones.time_zone') }}, keyed.drug_exposure_end_date
        ) as ended_at,
        keyed.is_malformed or administration_types.value is not null as is_administration,
        -- A type that tells neither an administration nor a prescription.
        case
            when administration_types.value is null and prescription_types.value is null
                then {{ omop_id('keyed.drug_type_concept_id') }}
        end as unknown_type,
        keyed.is_malformed
    from keyed
    left join concepts on keyed.drug_key = concepts.concept_key
    left join concepts as source_concepts on keyed.source_drug_key = source_concepts.concept_key
    left join ingredients on keyed.drug_key = ingredients.concept_key
    left join ingredients as source_ingredients on keyed.source_drug_key = source_ingredients.concept_key
    left join ingredient_codes on coalesce(ingredients.value, source_ingredients.value) = ingredient_codes.ingredient
    left join routes on {{ concept_key('keyed.route_concept_id', site_id='keyed.site_id') }} = routes.concept_key
    left join administration_types on keyed.type_key = administration_types.concept_key
    left join prescription_types on keyed.type_key = prescription_types.concept_key
    left join site_time_zones on keyed.site_id = site_time_zones.site_id
)

select * from drugs
