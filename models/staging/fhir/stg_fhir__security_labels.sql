{{ config(materialized='table') }}

with codings as (
    select * from {{ ref('stg_fhir__codings') }}
),

security_labels as (
    select * from {{ ref('security_labels') }}
),

-- A label of an unknown or missing system counts too: in doubt a record stays out.
labelled as (
    select
        codings.codings,
        codings.coding_position,
        security_labels.code,
        security_labels.is_restricted,
        security_labels.is_test
    from codings
    inner join security_labels
        on
            upper(codings.code) = upper(security_labels.code)
            and codings.code_system in (security_labels.code_system, 'unknown')
),

judged as (
    select
        codings as security_codings,
        min_by(code, coding_position) filter (where is_restricted) as restricted_label,
        bool_or(is_test) as is_test
    from labelled
    group by codings
)

select * from judged
