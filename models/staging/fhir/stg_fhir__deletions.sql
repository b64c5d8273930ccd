{{ config(materialized='table') }}

with bundles as (
    select
        site_id,
        delivered_on,
        deletions
    from {{ source('fhir', 'bundle') }}
    where deletions is not null
),

entries as (
    select
        site_id,
        delivered_on,
        {{ json_text('deletion', '$') }} as reference
    from {{ json_rows('bundles', ['site_id', 'delivered_on'], 'deletions', 'deletion', 'deletion_position') }} as elements
),

named as (
    select
        site_id,
        delivered_on,
        {{ reference_type('reference') }} as resource_type,
        {{ reference_id('reference') }} as resource_id
    from entries
),

deletions as (
    select
        site_id,
        resource_type,
        resource_id,
        max(delivered_on) as deleted_on
    from named
    where resource_id is not null
    group by site_id, resource_type, resource_id
)

select * from deletions
