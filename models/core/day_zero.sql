with administrations as (
    select * from {{ ref('administrations') }}
),

day_zero as (
    select
        patient_key,
        min(started_on) as index_on
    from administrations
    where is_kit
    group by patient_key
)

select * from day_zero
