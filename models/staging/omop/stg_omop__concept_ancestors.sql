{{ config(materialized='table') }}

with concepts as (
    select * from {{ ref('stg_omop__concepts') }}
),

omop_concepts as (
    select * from {{ ref('omop_concepts') }}
),

diagnosis_code_sets as (
    select * from {{ ref('diagnosis_code_sets') }}
    where code_system = 'omop'
),

-- Raw ids are compared as numbers first: the table may have a hundred million rows.
hierarchy as (
    select
        site_id,
        descendant_concept_id,
        try_cast(ancestor_concept_id as bigint) as ancestor_number,
        try_cast(descendant_concept_id as bigint) as descendant_number
    from {{ source('omop', 'concept_ancestor') }}
),

named as (
    select cast(concept_id as string) as ancestor_key
    from omop_concepts
    union
    select code as ancestor_key
    from diagnosis_code_sets
),

numbered as (
    select
        ancestor_key,
        try_cast(ancestor_key as bigint) as ancestor_number
    from named
),

descendants as (
    select
        hierarchy.site_id,
        hierarchy.descendant_concept_id,
        hierarchy.descendant_number,
        numbered.ancestor_key
    from hierarchy
    inner join numbered on hierarchy.ancestor_number = numbered.ancestor_number
),

concept_ancestors as (
    select
        concepts.concept_key,
        descendants.ancestor_key
    from descendants
    inner join concepts
        on
            descendants.descendant_number = concepts.concept_number
            and {{ concept_key('descendants.descendant_concept_id', site_id='descendants.site_id') }} = concepts.concept_key
    where concepts.concept_key <> descendants.ancestor_key
    group by concepts.concept_key, descendants.ancestor_key
)

select * from concept_ancestors
