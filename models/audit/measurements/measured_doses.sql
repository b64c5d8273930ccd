with session_doses as (
    select * from {{ ref('session_doses') }}
),

patients as (
    select * from {{ ref('patients') }}
),

doses as (
    select
        patients.site_id,
        session_doses.dose_mg,
        session_doses.dose_mg_per_kg_raw,
        session_doses.dose_method,
        session_doses.dose_issue
    from session_doses
    inner join patients on session_doses.patient_key = patients.patient_key
),

measured_doses as (
    {{ measured_checks('doses', [
        {'check_id': 'doses_implausible', 'is_violating': 'dose_issue is not null', 'is_checked': 'dose_mg_per_kg_raw is not null'},
        {'check_id': 'doses_underivable', 'is_violating': 'dose_mg_per_kg_raw is null'},
        {
            'check_id': 'doses_too_small_for_mg',
            'is_violating': 'dose_mg < ' ~ var('dose_mg_suspicious_below'),
            'is_checked': 'dose_mg is not null',
        },
        {
            'check_id': 'doses_too_large_for_mg_per_kg',
            'is_violating': 'dose_mg_per_kg_raw > ' ~ var('dose_mg_per_kg_max'),
            'is_checked': 'dose_mg_per_kg_raw is not null',
        },
    ]) }}
)

select * from measured_doses
