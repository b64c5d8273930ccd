with cohort_patients as (
    select * from {{ ref('cohort_patients') }}
    where is_eligible
),

patients as (
    select * from {{ ref('marts_patients') }}
),

study_instruments as (
    select * from {{ ref('study_instruments') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

strata as (
    select * from {{ ref('response_strata') }}
),

kit_sessions as (
    select * from {{ ref('kit_sessions') }}
    where course_number = 1
),

baseline_forms as (
    select * from {{ ref('baseline_forms') }}
),

first_courses as (
    select
        patient_key,
        count(*) as n_sessions
    from kit_sessions
    group by patient_key
),

-- A patient whose baseline is 0 cannot improve and is in no denominator.
members as (
    select
        cohort_patients.study_id,
        cohort_patients.patient_key,
        study_instruments.instrument,
        cohort_patients.is_induction_satisfied,
        first_courses.n_sessions,
        baseline_forms.score as baseline_score,
        patients.has_mdd,
        instruments.cutoff_score
    from cohort_patients
    inner join study_instruments on cohort_patients.study_id = study_instruments.study_id
    inner join instruments on study_instruments.instrument = instruments.instrument
    inner join patients on cohort_patients.patient_key = patients.patient_key
    inner join first_courses on cohort_patients.patient_key = first_courses.patient_key
    left join baseline_forms
        on
            cohort_patients.patient_key = baseline_forms.patient_key
            and study_instruments.instrument = baseline_forms.instrument
    where baseline_forms.score is null or baseline_forms.score > 0
),

response_members as (
    select
        members.study_id,
        members.patient_key,
        members.instrument,
        strata.stratum,
        members.is_induction_satisfied,
        members.n_sessions,
        members.baseline_score is not null as has_baseline
    from members
    inner join strata
        on
            members.instrument = strata.instrument
            and case strata.kind
                when 'all' then true
                when 'comorbidity' then members.has_mdd = strata.is_present
                when 'cutoff' then (members.baseline_score >= members.cutoff_score) = strata.is_present
                when 'band' then members.baseline_score >= strata.band_low and members.baseline_score <= strata.band_high
            end
)

select * from response_members
