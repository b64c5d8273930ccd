with weights as (
    select * from {{ ref('weights') }}
),

vital_signs as (
    select * from {{ ref('vital_signs') }}
),

weight_units as (
    select * from {{ ref('weight_units') }}
),

pound as (
    select cast(kg_factor as double) as kg_per_lb
    from weight_units
    where weight_unit = 'lb'
),

heights as (
    select
        patient_key,
        measured_value
    from vital_signs
    where vital = 'height'
    group by patient_key, measured_value
),

usual_weights as (
    select
        site_id,
        patient_key,
        median(weight_kg) as usual_weight_kg,
        count(*) as n_weights
    from weights
    group by site_id, patient_key
),

compared as (
    select
        weights.site_id,
        weights.patient_key,
        weights.measured_on,
        weights.weight_kg,
        usual_weights.n_weights,
        weights.weight_kg / nullif(usual_weights.usual_weight_kg, 0) as ratio_to_usual,
        pound.kg_per_lb,
        heights.measured_value is not null as is_equal_to_height
    from weights
    inner join usual_weights on weights.patient_key = usual_weights.patient_key
    cross join pound
    left join heights on weights.patient_key = heights.patient_key and weights.weight_kg = heights.measured_value
),

repeats as (
    select
        weights.site_id,
        weights.patient_key,
        weights.weight_kg,
        usual_weights.n_weights,
        count(*) as n_equal,
        {{ days_between('min(weights.measured_on)', 'max(weights.measured_on)') }} as n_days
    from weights
    inner join usual_weights on weights.patient_key = usual_weights.patient_key
    group by weights.site_id, weights.patient_key, weights.weight_kg, usual_weights.n_weights
),

-- Scales hardly ever show the same number at every visit of a series, nor one number for half a year.
runs as (
    select
        site_id,
        patient_key,
        max(n_weights) as n_weights,
        bool_or(
            n_equal >= {{ var('copied_weight_visits_min') }}
            and (n_equal = n_weights or n_days > {{ var('copied_weight_days_min') }})
        ) as is_copied
    from repeats
    group by site_id, patient_key
),

measured_weights as (
    {{ measured_checks('compared', [
        {
            'check_id': 'weights_unit_swap_suspected',
            'is_violating': 'ratio_to_usual between (1 - ' ~ var('weight_swap_tolerance') ~ ') / kg_per_lb and (1 + ' ~ var('weight_swap_tolerance')
                ~ ') / kg_per_lb or ratio_to_usual between (1 - ' ~ var('weight_swap_tolerance') ~ ') * kg_per_lb and (1 + '
                ~ var('weight_swap_tolerance') ~ ') * kg_per_lb',
            'is_checked': 'n_weights >= 3',
        },
        {'check_id': 'weights_equal_height', 'is_violating': 'is_equal_to_height'},
    ]) }}
    union all
    {{ measured_checks('usual_weights', [
        {
            'check_id': 'weights_of_few_adults',
            'is_violating': 'usual_weight_kg < ' ~ var('adult_weight_kg_min') ~ ' or usual_weight_kg > ' ~ var('adult_weight_kg_max'),
        },
    ]) }}
    union all
    {{ measured_commonest('weights_one_for_many', 'usual_weights', 'usual_weight_kg') }}
    union all
    {{ measured_checks('runs', [
        {
            'check_id': 'weights_copied_forward',
            'is_violating': 'is_copied',
            'is_checked': 'n_weights >= ' ~ var('copied_weight_visits_min'),
        },
    ]) }}
)

select * from measured_weights
