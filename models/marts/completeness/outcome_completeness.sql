with cohort_patients as (
    select * from {{ ref('cohort_patients') }}
    where is_eligible
),

patients as (
    select * from {{ ref('marts_patients') }}
),

studies as (
    select * from {{ ref('studies') }}
),

study_instruments as (
    select * from {{ ref('study_instruments') }}
),

baseline_forms as (
    select * from {{ ref('baseline_forms') }}
),

timepoint_forms as (
    select * from {{ ref('timepoint_forms') }}
),

assessments as (
    select * from {{ ref('marts_assessments') }}
),

outcome_forms as (
    select
        patient_key,
        definition_id,
        instrument
    from timepoint_forms
    group by patient_key, definition_id, instrument
),

form_counts as (
    select
        patient_key,
        instrument,
        count(*) as n_sent,
        count_if(is_started) as n_started,
        count_if(is_completed) as n_completed,
        count_if(is_valid) as n_valid,
        count_if(is_valid and same_day_time_unknown) as n_same_day_time_unknown
    from assessments
    group by patient_key, instrument
),

described as (
    select
        cohort_patients.study_id,
        study_instruments.instrument,
        patients.site_key,
        patients.index_year,
        patients.sex,
        patients.race,
        baseline_forms.patient_key is not null as has_baseline,
        outcome_forms.patient_key is not null as has_outcome,
        coalesce(form_counts.n_sent, 0) as n_sent,
        coalesce(form_counts.n_started, 0) as n_started,
        coalesce(form_counts.n_completed, 0) as n_completed,
        coalesce(form_counts.n_valid, 0) as n_valid,
        coalesce(form_counts.n_same_day_time_unknown, 0) as n_same_day_time_unknown
    from cohort_patients
    inner join studies on cohort_patients.study_id = studies.study_id
    inner join study_instruments on cohort_patients.study_id = study_instruments.study_id
    inner join patients on cohort_patients.patient_key = patients.patient_key
    left join baseline_forms
        on
            cohort_patients.patient_key = baseline_forms.patient_key
            and study_instruments.instrument = baseline_forms.instrument
    left join outcome_forms
        on
            cohort_patients.patient_key = outcome_forms.patient_key
            and studies.definition_id = outcome_forms.definition_id
            and study_instruments.instrument = outcome_forms.instrument
    left join form_counts
        on
            cohort_patients.patient_key = form_counts.patient_key
            and study_instruments.instrument = form_counts.instrument
),

{%- set stratum_kinds = {
    'all': "'all'", 'site': 'site_key', 'index_year': 'cast(index_year as string)', 'sex': 'sex', 'race': 'race',
} %}

stratified as (
    {%- for stratum_kind, stratum in stratum_kinds.items() %}
    select
        *,
        '{{ stratum_kind }}' as stratum_kind,
        {{ stratum }} as stratum
    from described
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

summed as (
    select
        study_id,
        instrument,
        stratum_kind,
        stratum,
        count(*) as n_eligible,
        count_if(has_baseline) as n_with_baseline,
        count_if(has_outcome) as n_with_outcome,
        count_if(has_baseline and has_outcome) as n_complete,
        sum(n_sent) as n_sent,
        sum(n_started) as n_started,
        sum(n_completed) as n_completed,
        sum(n_valid) as n_valid,
        sum(n_same_day_time_unknown) as n_same_day_time_unknown
    from stratified
    group by study_id, instrument, stratum_kind, stratum
),

-- A stratum has a row where it occurs among the eligible; `all` always has one.
strata as (
    select
        study_id,
        instrument,
        'all' as stratum_kind,
        'all' as stratum
    from study_instruments
    union all
    select
        study_id,
        instrument,
        stratum_kind,
        stratum
    from summed
    where stratum_kind <> 'all'
),

outcome_completeness as (
    select
        strata.study_id,
        strata.instrument,
        strata.stratum_kind,
        strata.stratum,
        coalesce(summed.n_eligible, 0) as n_eligible,
        cast(coalesce(summed.n_with_baseline, 0) as bigint) as n_with_baseline,
        cast(coalesce(summed.n_with_outcome, 0) as bigint) as n_with_outcome,
        cast(coalesce(summed.n_complete, 0) as bigint) as n_complete,
        {{ share('summed.n_complete', 'summed.n_eligible') }} as outcome_data_rate,
        {{ wilson_bound('summed.n_complete', 'summed.n_eligible', 'lower') }} as ci_low,
        {{ wilson_bound('summed.n_complete', 'summed.n_eligible', 'upper') }} as ci_high,
        cast(coalesce(summed.n_sent, 0) as bigint) as n_sent,
        cast(coalesce(summed.n_started, 0) as bigint) as n_started,
        cast(coalesce(summed.n_completed, 0) as bigint) as n_completed,
        cast(coalesce(summed.n_valid, 0) as bigint) as n_valid,
        cast(coalesce(summed.n_same_day_time_unknown, 0) as bigint) as n_same_day_time_unknown
    from strata
    left join summed
        on
            strata.study_id = summed.study_id
            and strata.instrument = summed.instrument
            and strata.stratum_kind = summed.stratum_kind
            and strata.stratum = summed.stratum
)

select * from outcome_completeness
