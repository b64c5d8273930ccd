with vetted_adverse_events as (
    select * from {{ ref('vetted_adverse_events') }}
    where fate = 'accepted'
),

patients as (
    select * from {{ ref('patients') }}
),

adverse_events as (
    select
        vetted_adverse_events.site_id,
        vetted_adverse_events.adverse_event_id,
        patients.patient_key,
        vetted_adverse_events.severity,
        vetted_adverse_events.started_on
    from vetted_adverse_events
    inner join patients
        on vetted_adverse_events.site_id = patients.site_id and vetted_adverse_events.surviving_patient_id = patients.patient_id
)

select * from adverse_events
