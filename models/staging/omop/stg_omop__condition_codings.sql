{{ config(materialized='table') }}

with source as (
    select * from {{ source('omop', 'condition_occurrence') }}
),

concepts as (
    select * from {{ ref('stg_omop__concepts') }}
    where code is not null
),

concept_ancestors as (
    select * from {{ ref('stg_omop__concept_ancestors') }}
),

diagnosis_code_sets as (
    select code
    from {{ ref('diagnosis_code_sets') }}
    where code_system = 'omop'
    group by code
),

named as (
    select
        {{ concept_key('condition_concept_id') }} as concept_key,
        {{ concept_key('condition_source_concept_id') }} as source_concept_key
    from source
    group by {{ concept_key('condition_concept_id') }}, {{ concept_key('condition_source_concept_id') }}
),

pairs as (
    select
        concept_key,
        source_concept_key,
        coalesce(concept_key, '') || '|' || coalesce(source_concept_key, '') as concept_pair
    from named
    where concept_key is not null or source_concept_key is not null
),

pair_concepts as (
    select
        concept_pair,
        concept_key
    from pairs
    where concept_key is not null
    union
    select
        concept_pair,
        source_concept_key as concept_key
    from pairs
    where source_concept_key is not null
),

codings as (
    select
        concept_pair,
        'omop|' || concept_key as coding
    from pair_concepts
    union
    select
        pair_concepts.concept_pair,
        'omop|' || concept_ancestors.ancestor_key as coding
    from pair_concepts
    inner join concept_ancestors on pair_concepts.concept_key = concept_ancestors.concept_key
    inner join diagnosis_code_sets on concept_ancestors.ancestor_key = diagnosis_code_sets.code
    union
    select
        pair_concepts.concept_pair,
        concepts.code_system || '|' || {{ remove_matches('upper(concepts.code)', '[^A-Z0-9-]') }} as coding
    from pair_concepts
    inner join concepts on pair_concepts.concept_key = concepts.concept_key
    where concepts.code_system <> 'icd10cm'
),

other_codings as (
    select
        concept_pair,
        {{ joined_text('coding', ' ', 'coding') }} as other_codings
    from codings
    group by concept_pair
),

condition_codings as (
    select
        pairs.concept_pair,
        other_codings.other_codings,
        source_concepts.code_system as source_code_system,
        source_concepts.code as source_code
    from pairs
    inner join other_codings on pairs.concept_pair = other_codings.concept_pair
    left join concepts as source_concepts on pairs.source_concept_key = source_concepts.concept_key
)

select * from condition_codings
