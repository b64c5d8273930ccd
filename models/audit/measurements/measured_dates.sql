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

infusion_days as (
    select
        site_id,
        patient_key,
        started_on
    from administrations
    where is_kit and started_on is not null
    group by site_id, patient_key, started_on
),

-- Days that would still be one with day and month exchanged.
exchangeable_days as (
    select
        *,
        make_date(extract(year from started_on), extract(day from started_on), extract(month from started_on))
            as exchanged_on
    from infusion_days
    where
        extract(day from started_on) <= 12
        and extract(day from started_on) <> extract(month from started_on)
),

-- An infusion far from all others of its patient, that would lie among them, has day and month exchanged.
placed_days as (
    select
        exchangeable_days.site_id,
        exchangeable_days.patient_key,
        exchangeable_days.started_on,
        min(abs({{ days_between('infusion_days.started_on', 'exchangeable_days.started_on') }})) as n_days_to_next,
        min(abs({{ days_between('infusion_days.started_on', 'exchangeable_days.exchanged_on') }})) as n_days_if_exchanged
    from exchangeable_days
    inner join infusion_days
        on
            exchangeable_days.patient_key = infusion_days.patient_key
            and exchangeable_days.started_on <> infusion_days.started_on
    group by exchangeable_days.site_id, exchangeable_days.patient_key, exchangeable_days.started_on
),

measured_dates as (
    {{ measured_checks('of_the_dead', [{'check_id': 'events_after_death', 'is_violating': 'happened_on > deceased_on'}]) }}
    union all
    {{ measured_checks('days', [
        {'check_id': 'days_never_above_twelve', 'is_violating': 'extract(day from happened_on) <= 12'},
    ]) }}
    union all
    {{ measured_checks('placed_days', [
        {
            'check_id': 'days_and_months_exchanged',
            'is_violating': 'n_days_to_next > ' ~ var('lonely_infusion_days') ~ ' and n_days_if_exchanged <= '
                ~ var('infusion_series_days'),
        },
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
