with vital_signs as (
    select * from {{ ref('vital_signs') }}
),

systolic as (
    select
        site_id,
        patient_key,
        measured_on,
        measured_at,
        max(measured_value) as highest
    from vital_signs
    where vital = 'systolic_bp'
    group by site_id, patient_key, measured_on, measured_at
),

diastolic as (
    select
        patient_key,
        measured_on,
        measured_at,
        min(measured_value) as lowest
    from vital_signs
    where vital = 'diastolic_bp'
    group by patient_key, measured_on, measured_at
),

pairs as (
    select
        systolic.site_id,
        systolic.highest,
        diastolic.lowest
    from systolic
    inner join diastolic
        on
            systolic.patient_key = diastolic.patient_key
            and systolic.measured_on = diastolic.measured_on
            and coalesce(systolic.measured_at, cast(systolic.measured_on as timestamp))
            = coalesce(diastolic.measured_at, cast(diastolic.measured_on as timestamp))
),

measured_vital_signs as (
    {{ measured_checks('pairs', [
        {'check_id': 'diastolic_above_systolic', 'is_violating': 'lowest > highest'},
        {
            'check_id': 'pressures_implausible',
            'is_violating': 'highest not between ' ~ var('systolic_mmhg_min') ~ ' and ' ~ var('systolic_mmhg_max')
                ~ ' or lowest not between ' ~ var('diastolic_mmhg_min') ~ ' and ' ~ var('diastolic_mmhg_max'),
        },
    ]) }}
)

select * from measured_vital_signs
