with administrations as (
    select * from {{ ref('administrations') }}
),

assessments as (
    select * from {{ ref('assessments') }}
),

diagnoses as (
    select * from {{ ref('diagnoses') }}
),

vital_signs as (
    select * from {{ ref('vital_signs') }}
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

-- Of each table apart: one system fills in the days of one table.
days_by_table as (
    select
        site_id || ', administrations' as subject,
        started_on as happened_on
    from administrations
    where started_on is not null
    union all
    select
        site_id || ', assessments' as subject,
        completed_on as happened_on
    from assessments
    where completed_on is not null
    union all
    select
        site_id || ', diagnoses' as subject,
        recorded_on as happened_on
    from diagnoses
    where recorded_on is not null
    union all
    select
        site_id || ', vital signs' as subject,
        measured_on as happened_on
    from vital_signs
    where measured_on is not null
),

onsets as (
    select
        site_id,
        onset_on
    from diagnoses
    where onset_on is not null
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
    union all
    {{ measured_checks('days_by_table', [
        {'check_id': 'days_on_first_of_month', 'is_violating': 'extract(day from happened_on) = 1', 'subject': 'subject'},
    ]) }}
    union all
    {{ measured_checks('onsets', [
        {
            'check_id': 'onsets_on_new_year',
            'is_violating': 'extract(month from onset_on) = 1 and extract(day from onset_on) = 1',
        },
    ]) }}
)

select * from measured_dates
