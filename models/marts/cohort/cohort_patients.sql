with patients as (
    select * from {{ ref('marts_patients') }}
    where n_sessions > 0
),

studies as (
    select * from {{ ref('studies') }}
),

primary_instruments as (
    select
        study_id,
        instrument
    from {{ ref('study_instruments') }}
    where is_primary
),

attrition_steps as (
    select * from {{ ref('attrition_steps') }}
),

patient_conditions as (
    select * from {{ ref('patient_conditions') }}
),

induction_phases as (
    select * from {{ ref('induction_phases') }}
),

baseline_forms as (
    select * from {{ ref('baseline_forms') }}
),

timepoint_forms as (
    select * from {{ ref('timepoint_forms') }}
),

outcome_forms as (
    select
        patient_key,
        definition_id,
        instrument
    from timepoint_forms
    group by patient_key, definition_id, instrument
),

judged as (
    select
        studies.study_id,
        patients.patient_key,
        studies.is_induction_required,
        patient_conditions.patient_key is not null as has_indication,
        coalesce(patient_conditions.is_recorded_by_index, false) as is_indication_recorded_by_index,
        coalesce(patients.age_at_index >= studies.min_age_years, false) as is_adult,
        coalesce(induction_phases.is_met, false) as met_induction,
        baseline_forms.patient_key is not null as has_baseline,
        outcome_forms.patient_key is not null as has_outcome,
        baseline_forms.score as baseline_score,
        baseline_forms.day as baseline_day
    from patients
    cross join studies
    inner join primary_instruments on studies.study_id = primary_instruments.study_id
    left join patient_conditions
        on patients.patient_key = patient_conditions.patient_key and studies.indication = patient_conditions.code_set_id
    left join induction_phases
        on patients.patient_key = induction_phases.patient_key and studies.definition_id = induction_phases.definition_id
    left join baseline_forms
        on
            patients.patient_key = baseline_forms.patient_key
            and primary_instruments.instrument = baseline_forms.instrument
    left join outcome_forms
        on
            patients.patient_key = outcome_forms.patient_key
            and studies.definition_id = outcome_forms.definition_id
            and primary_instruments.instrument = outcome_forms.instrument
),

passed as (
    select
        judged.study_id,
        judged.patient_key,
        attrition_steps.step_id,
        attrition_steps.step_order,
        case attrition_steps.step_id
            when 'received_kit' then true
            when 'has_indication' then judged.has_indication
            when 'is_adult' then judged.is_adult
            when 'met_induction' then judged.met_induction or not judged.is_induction_required
            when 'has_baseline' then judged.has_baseline
            when 'has_outcome' then judged.has_outcome
        end as is_passed,
        attrition_steps.is_eligibility
    from judged
    cross join attrition_steps
),

first_failures as (
    select
        study_id,
        patient_key,
        min_by(step_id, step_order) as exclusion_step,
        bool_or(is_eligibility) as is_ineligible
    from passed
    where not is_passed
    group by study_id, patient_key
),

cohort_patients as (
    select
        judged.study_id,
        judged.patient_key,
        not coalesce(first_failures.is_ineligible, false) as is_eligible,
        first_failures.exclusion_step is null as is_analysed,
        first_failures.exclusion_step,
        judged.met_induction,
        judged.baseline_score,
        judged.baseline_day,
        judged.met_induction or not judged.is_induction_required as is_induction_satisfied,
        judged.is_indication_recorded_by_index
    from judged
    left join first_failures
        on judged.study_id = first_failures.study_id and judged.patient_key = first_failures.patient_key
)

select * from cohort_patients
