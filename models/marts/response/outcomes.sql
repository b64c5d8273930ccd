with cohort_patients as (
    select * from {{ ref('cohort_patients') }}
    where is_eligible
),

studies as (
    select * from {{ ref('studies') }}
),

study_instruments as (
    select * from {{ ref('study_instruments') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

timepoints as (
    select * from {{ ref('timepoints') }}
),

change_thresholds as (
    select * from {{ ref('change_thresholds') }}
    where is_applied
),

baseline_forms as (
    select * from {{ ref('baseline_forms') }}
),

timepoint_forms as (
    select * from {{ ref('timepoint_forms') }}
),

paired as (
    select
        cohort_patients.study_id,
        cohort_patients.patient_key,
        study_instruments.instrument,
        timepoints.timepoint,
        timepoints.kind = 'infusion' as is_infusion_timepoint,
        timepoint_forms.infusion_number,
        timepoint_forms.day,
        baseline_forms.score as baseline_score,
        timepoint_forms.score,
        baseline_forms.score - timepoint_forms.score as change,
        timepoint_forms.recall_contamination
    from cohort_patients
    inner join studies on cohort_patients.study_id = studies.study_id
    inner join study_instruments on cohort_patients.study_id = study_instruments.study_id
    inner join baseline_forms
        on
            cohort_patients.patient_key = baseline_forms.patient_key
            and study_instruments.instrument = baseline_forms.instrument
    inner join timepoint_forms
        on
            cohort_patients.patient_key = timepoint_forms.patient_key
            and study_instruments.instrument = timepoint_forms.instrument
            and studies.definition_id = timepoint_forms.definition_id
    inner join timepoints on timepoint_forms.timepoint = timepoints.timepoint
),

-- Whole numbers: a percentage that is rounded first would let 44 -> 31 (29.5 %) respond.
responded as (
    select
        paired.*,
        instruments.remission_max_score,
        instruments.end_state_max_score,
        change_thresholds.reliable_change,
        case
            when paired.baseline_score > 0
                then 100 * paired.change >= instruments.response_reduction_pct * paired.baseline_score
        end as is_responder
    from paired
    inner join instruments on paired.instrument = instruments.instrument
    left join change_thresholds on paired.instrument = change_thresholds.instrument
),

first_responses as (
    select
        study_id,
        patient_key,
        instrument,
        min(infusion_number) as first_response_infusion_number
    from responded
    where is_infusion_timepoint and is_responder
    group by study_id, patient_key, instrument
),

outcomes as (
    select
        responded.study_id,
        responded.patient_key,
        responded.instrument,
        responded.timepoint,
        responded.infusion_number,
        responded.day,
        responded.baseline_score,
        responded.score,
        responded.change,
        100 * cast(responded.change as double) / nullif(responded.baseline_score, 0) as change_pct,
        responded.is_responder,
        case
            when responded.is_responder is not null
                then
                    responded.is_responder
                    or coalesce(first_responses.first_response_infusion_number <= responded.infusion_number, false)
        end as is_responder_ever,
        responded.score <= responded.remission_max_score as is_remission,
        responded.score <= responded.end_state_max_score as is_below_end_state,
        responded.change < 0 as is_worsened,
        case
            when responded.change >= responded.reliable_change then 'reliable_improvement'
            when responded.change <= -responded.reliable_change then 'reliable_worsening'
            when responded.reliable_change is not null then 'no_reliable_change'
        end as change_category,
        responded.recall_contamination
    from responded
    left join first_responses
        on
            responded.study_id = first_responses.study_id
            and responded.patient_key = first_responses.patient_key
            and responded.instrument = first_responses.instrument
)

select * from outcomes
