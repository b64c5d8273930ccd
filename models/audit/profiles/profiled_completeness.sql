with administrations as (
    select * from {{ ref('administrations') }}
    where is_kit
),

assessments as (
    select * from {{ ref('assessments') }}
),

scored_assessments as (
    select * from {{ ref('scored_assessments') }}
    where is_valid
),

study_instruments as (
    select * from {{ ref('study_instruments') }}
),

-- Everybody counts once a month, and once over all of them.
treated as (
    select
        site_id,
        patient_key,
        {{ month_of('started_on') }} as period
    from administrations
    union
    select
        site_id,
        patient_key,
        'all' as period
    from administrations
),

forms as (
    select
        assessments.patient_key,
        assessments.instrument,
        {{ month_of('assessments.completed_on') }} as period
    from assessments
    inner join scored_assessments on assessments.assessment_key = scored_assessments.assessment_key
    union
    select
        assessments.patient_key,
        assessments.instrument,
        'all' as period
    from assessments
    inner join scored_assessments on assessments.assessment_key = scored_assessments.assessment_key
),

instruments as (
    select instrument
    from study_instruments
    group by instrument
),

counted as (
    select
        treated.site_id,
        instruments.instrument,
        treated.period,
        count(forms.patient_key) as n,
        count(*) as n_of
    from treated
    cross join instruments
    left join forms
        on
            treated.patient_key = forms.patient_key
            and treated.period = forms.period
            and instruments.instrument = forms.instrument
    group by treated.site_id, instruments.instrument, treated.period
),

profiled_completeness as (
    select
        'completeness' as kind,
        site_id,
        'all' as study_id,
        instrument as subject,
        'treated patients with a form' as detail,
        period,
        {{ share('n', 'n_of') }} as profiled_value,
        n,
        n_of
    from counted
)

select * from profiled_completeness
