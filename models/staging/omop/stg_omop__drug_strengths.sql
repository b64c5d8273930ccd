{{ config(materialized='table') }}

with source as (
    select * from {{ source('omop', 'drug_strength') }}
),

concepts as (
    select * from {{ ref('stg_omop__concepts') }}
),

units as (
    {{ concept_values_of('dose_unit') }}
),

ingredients as (
    {{ concept_values_of('ingredient') }}
),

dose_units as (
    select * from {{ ref('dose_units') }}
),

numbered as (
    select
        *,
        try_cast(drug_concept_id as bigint) as drug_number
    from source
),

-- The strength of a solution: a mass in a volume of one or, where the denominator has a value, of so many mL.
solutions as (
    select
        concepts.concept_key,
        coalesce(ingredients.value, 'other') as ingredient,
        {{ number_of('numbered.numerator_value') }}
        * cast(mass_units.mg_factor as double)
        / nullif(coalesce({{ number_of('numbered.denominator_value') }}, 1), 0) as concentration_mg_per_ml
    from numbered
    inner join concepts
        on
            numbered.drug_number = concepts.concept_number
            and {{ concept_key('numbered.drug_concept_id', site_id='numbered.site_id') }} = concepts.concept_key
    inner join units as numerators
        on {{ concept_key('numbered.numerator_unit_concept_id', site_id='numbered.site_id') }} = numerators.concept_key
    inner join dose_units as mass_units on numerators.value = mass_units.dose_unit and mass_units.dose_basis = 'mass'
    inner join units as denominators
        on {{ concept_key('numbered.denominator_unit_concept_id', site_id='numbered.site_id') }} = denominators.concept_key
    inner join dose_units as volume_units on denominators.value = volume_units.dose_unit and volume_units.dose_basis = 'volume'
    left join ingredients
        on {{ concept_key('numbered.ingredient_concept_id', site_id='numbered.site_id') }} = ingredients.concept_key
),

-- One medicine with several strengths of one ingredient has none that is known.
drug_strengths as (
    select
        concept_key,
        ingredient,
        min(concentration_mg_per_ml) as concentration_mg_per_ml
    from solutions
    where concentration_mg_per_ml is not null
    group by concept_key, ingredient
    having min(concentration_mg_per_ml) = max(concentration_mg_per_ml)
)

select * from drug_strengths
