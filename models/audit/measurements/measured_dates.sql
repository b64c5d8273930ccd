with administrations as (
    select * from {{ ref('administrations') }}
),

assessments as (
    select * from {{ ref('assessments') }}
),

diagnoses as (
    select * from {{ ref('diagnoses') }}
),

patients as (
    select * from {{ ref('patients') }}
),

events as (
    select
        site_id,
        patient_key,
        started_on as happened_on
    from administrations
    where started_on is not null
    union all
    select
        site_id,
        patient_key,
        completed_on as happened_on
    from assessments
    where completed_on is not null
),

days as (
    select
        site_id,
        happened_on
    from events
    union all
    select
        site_id,
        recorded_on as happened_on
    from diagnoses
    where recorded_on is not null
),

of_the_dead as (
    select
        events.site_id,
        events.happened_on,
        patients.deceased_on
    from events
    inner join patients on events.patient_key = patients.patient_key
    where patients.deceased_on is not null
),

measured_dates as (
    {{ measured_checks('of_the_dead', [{'check_id': 'events_after_death', 'is_violating': 'happened_on > deceased_on'}]) }}
    union all
    {{ measured_checks('days', [
        {'check_id': 'days_never_above_twelve', 'is_violating': 'extract(day from happened_on) <= 12'},
    ]) }}
)

select * from measured_dates
