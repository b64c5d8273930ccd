with unused_observations as (
    select * from {{ ref('stg_fhir__unused_observations') }}
),

encounters as (
    select
        {{ record_columns() }},
        security_codings,
        is_malformed
    from {{ source('fhir', 'encounter') }}
),

medications as (
    select
        {{ record_columns() }},
        security_codings,
        is_malformed
    from {{ source('fhir', 'medication') }}
),

bundles as (
    select
        {{ record_columns() }},
        security_codings,
        is_malformed
    from {{ source('fhir', 'bundle') }}
),

other_resources as (
    select
        {{ record_columns() }},
        security_codings,
        is_malformed
    from {{ source('fhir', 'other_resource') }}
),

-- What nearly happened is no adverse event.
potential_adverse_events as (
    select
        {{ record_columns() }},
        security_codings,
        is_malformed
    from {{ source('fhir', 'adverse_event') }}
    where lower(actuality) = 'potential'
),

resources as (
    select * from encounters
    union all
    select * from medications
    union all
    select * from bundles
    union all
    select * from other_resources
    union all
    select * from potential_adverse_events
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

unused as (
    select
        {{ record_columns('resources') }},
        'unused' as table_name,
        resources.is_malformed,
        security_labels.restricted_label,
        cast(null as string) as missing_column,
        cast(null as string) as unparsable_column
    from resources
    left join security_labels on resources.security_codings = security_labels.security_codings
    union all
    select * from unused_observations
)

select * from unused
