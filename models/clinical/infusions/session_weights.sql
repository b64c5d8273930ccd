with kit_sessions as (
    select * from {{ ref('kit_sessions') }}
),

weights as (
    select * from {{ ref('weights') }}
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

-- Among several weights of a day the latest counts: by time (unknown first), then id.
ranked_weights as (
    select
        weights.patient_key,
        {{ days_between('day_zero.index_on', 'weights.measured_on') }} as weight_day,
        weights.weight_kg,
        row_number() over (
            partition by weights.patient_key, weights.measured_on
            order by weights.measured_at desc nulls last, weights.vital_id desc, weights.site_id desc
        ) as rank_of_day
    from weights
    inner join day_zero on weights.patient_key = day_zero.patient_key
),

last_weights_of_day as (
    select
        patient_key,
        weight_day,
        weight_kg
    from ranked_weights
    where rank_of_day = 1
),

last_weights as (
    {{ as_of_left_join(
        'kit_sessions', 'last_weights_of_day', 'patient_key', 'day', 'weight_day', ['weight_day', 'weight_kg']
    ) }}
),

session_weights as (
    select
        patient_key,
        session_number,
        weight_kg,
        day - weight_day as weight_age_days
    from last_weights
    where day - weight_day <= {{ var('weight_max_age_days') }}
)

select * from session_weights
