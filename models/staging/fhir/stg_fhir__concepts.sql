{{ config(materialized='table') }}

with codings as (
    select * from {{ ref('stg_fhir__codings') }}
),

ingredient_codes as (
    select code
    from {{ ref('ingredient_codes') }}
    where code_system = 'rxnorm'
),

marked as (
    select
        codings.codings,
        codings.coding_position,
        codings.code,
        codings.display,
        codings.code_system = 'rxnorm' as is_rxnorm,
        codings.code_system = 'rxnorm' and ingredient_codes.code is not null as is_known_ingredient
    from codings
    left join ingredient_codes on codings.code = ingredient_codes.code
),

concepts as (
    select
        codings,
        coalesce(
            min_by(display, coding_position) filter (where display is not null),
            min_by(code, coding_position) filter (where code is not null)
        ) as concept_text,
        min_by(code, coding_position) filter (where is_known_ingredient) as ingredient_rxnorm_code,
        min_by(code, coding_position) filter (where is_rxnorm and code is not null) as first_rxnorm_code
    from marked
    group by codings
)

select * from concepts
