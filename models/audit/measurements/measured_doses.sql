with session_doses as (
    select * from {{ ref('session_doses') }}
),

patients as (
    select * from {{ ref('patients') }}
),

kit_sessions as (
    select * from {{ ref('kit_sessions') }}
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

row_accounting as (
    select * from {{ ref('row_accounting') }}
),

deliveries as (
    select
        site_id,
        delivered_on
    from row_accounting
    group by site_id, delivered_on
),

ranked_deliveries as (
    select
        site_id,
        delivered_on,
        row_number() over (partition by site_id order by delivered_on desc) as newest_first
    from deliveries
),

-- What happened after the last delivery but one came with the last.
newest_deliveries as (
    select
        newest.site_id,
        newest.delivered_on,
        earlier.delivered_on as delivered_before_on
    from ranked_deliveries as newest
    inner join ranked_deliveries as earlier
        on newest.site_id = earlier.site_id and earlier.newest_first = 2
    where newest.newest_first = 1
),

doses as (
    select
        patients.site_id,
        case
            when {{ add_days('day_zero.index_on', 'kit_sessions.day') }} > newest_deliveries.delivered_before_on
                then newest_deliveries.delivered_on
            else newest_deliveries.delivered_before_on
        end as delivered_on,
        session_doses.dose_mg,
        session_doses.dose_mg_per_kg_raw,
        session_doses.dose_method,
        session_doses.dose_issue
    from session_doses
    inner join patients on session_doses.patient_key = patients.patient_key
    inner join kit_sessions
        on
            session_doses.patient_key = kit_sessions.patient_key
            and session_doses.session_number = kit_sessions.session_number
    inner join day_zero on session_doses.patient_key = day_zero.patient_key
    left join newest_deliveries on patients.site_id = newest_deliveries.site_id
),

measured_doses as (
    {{ measured_by_delivery('doses', [
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
