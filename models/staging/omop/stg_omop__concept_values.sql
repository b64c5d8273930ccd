{{ config(materialized='table') }}

with concepts as (
    select * from {{ ref('stg_omop__concepts') }}
),

concept_ancestors as (
    select * from {{ ref('stg_omop__concept_ancestors') }}
),

omop_concepts as (
    select * from {{ ref('omop_concepts') }}
),

coded_values as (
    select * from {{ ref('coded_values') }}
),

ingredient_codes as (
    select * from {{ ref('ingredient_codes') }}
),

ingredient_names as (
    select * from {{ ref('ingredient_names') }}
),

ingredient_order as (
    select
        ingredient,
        min(match_order) as match_order
    from ingredient_names
    group by ingredient
),

by_id as (
    select
        field,
        cast(concept_id as string) as concept_key,
        value,
        1 as precedence
    from omop_concepts
),

by_code as (
    select
        coded_values.field,
        concepts.concept_key,
        coded_values.value,
        2 as precedence
    from concepts
    inner join coded_values on concepts.code_system = coded_values.code_system and concepts.code = coded_values.code
    union all
    select
        'ingredient' as field,
        concepts.concept_key,
        ingredient_codes.ingredient as value,
        2 as precedence
    from concepts
    inner join ingredient_codes on concepts.code_system = ingredient_codes.code_system and concepts.code = ingredient_codes.code
),

named_ancestors as (
    select
        concept_ancestors.concept_key,
        concept_ancestors.ancestor_key,
        omop_concepts.field,
        omop_concepts.value
    from concept_ancestors
    inner join omop_concepts on concept_ancestors.ancestor_key = cast(omop_concepts.concept_id as string)
),

-- An ancestor above another one of the same concept says less: a product of esketamine is none of ketamine.
outranked as (
    select
        upper_ancestors.concept_key,
        upper_ancestors.field,
        upper_ancestors.ancestor_key
    from named_ancestors as upper_ancestors
    inner join named_ancestors as lower_ancestors
        on upper_ancestors.concept_key = lower_ancestors.concept_key and upper_ancestors.field = lower_ancestors.field
    inner join concept_ancestors
        on
            lower_ancestors.ancestor_key = concept_ancestors.concept_key
            and upper_ancestors.ancestor_key = concept_ancestors.ancestor_key
    group by upper_ancestors.concept_key, upper_ancestors.field, upper_ancestors.ancestor_key
),

closest as (
    select
        named_ancestors.concept_key,
        named_ancestors.field,
        named_ancestors.value
    from named_ancestors
    left join outranked
        on
            named_ancestors.concept_key = outranked.concept_key
            and named_ancestors.field = outranked.field
            and named_ancestors.ancestor_key = outranked.ancestor_key
    where outranked.ancestor_key is null
    group by named_ancestors.concept_key, named_ancestors.field, named_ancestors.value
),

-- Several values at once say nothing; but of two ingredients the one whose name is tested first stands.
by_ancestor as (
    select
        closest.field,
        closest.concept_key,
        min_by(closest.value, ingredient_order.match_order) as first_ingredient,
        min(closest.value) as least_value,
        count(*) as n_values
    from closest
    left join ingredient_order on closest.field = 'ingredient' and closest.value = ingredient_order.ingredient
    group by closest.field, closest.concept_key
),

candidates as (
    select * from by_id
    union all
    select * from by_code
    union all
    select
        field,
        concept_key,
        case when n_values = 1 then least_value else first_ingredient end as value,
        3 as precedence
    from by_ancestor
    where n_values = 1 or first_ingredient is not null
),

concept_values as (
    select
        field,
        concept_key,
        min_by(value, precedence) as value
    from candidates
    group by field, concept_key
)

select * from concept_values
