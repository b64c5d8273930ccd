{#- The counterparts that a published figure may name, each from one column of one mart. -#}
{%- set response_metrics = {
    'response_rate': ('response_rate', 'n_responders'),
    'remission_rate': ('remission_rate', 'n_remission'),
    'worsened_rate': ('cast(n_worsened as double) / nullif(n_observed, 0)', 'n_worsened'),
    'mean_baseline': ('mean_baseline', 'n_observed'),
    'mean_score': ('mean_score', 'n_observed'),
    'mean_change': ('mean_change', 'n_observed'),
    'effect_size_d_rms': ('d_rms', 'n_observed'),
} -%}
{%- set induction_metrics = {
    'induction_met_rate': ('met_rate', 'n_met', 'n'),
    'induction_dose_mean': ('mean_final_dose_mg_per_kg', 'n_with_dose', 'n_met'),
    'induction_dose_sd': ('sd_final_dose_mg_per_kg', 'n_with_dose', 'n_met'),
} -%}

with cohort_attrition as (
    select * from {{ ref('cohort_attrition') }}
),

cohort_patients as (
    select * from {{ ref('cohort_patients') }}
),

cohort_characteristics as (
    select * from {{ ref('cohort_characteristics') }}
),

infusions as (
    select * from {{ ref('infusions') }}
),

induction_summary as (
    select * from {{ ref('induction_summary') }}
),

outcome_completeness as (
    select * from {{ ref('outcome_completeness') }}
),

response_by_timepoint as (
    select * from {{ ref('response_by_timepoint') }}
),

attrition_steps as (
    select * from {{ ref('attrition_steps') }}
),

timepoints as (
    select * from {{ ref('timepoints') }}
),

last_eligibility_step as (
    select max_by(step_id, step_order) as step_id
    from attrition_steps
    where is_eligibility
),

last_step as (
    select max_by(step_id, step_order) as step_id
    from attrition_steps
),

treated as (
    select
        study_id,
        max(case when step_number = 1 then n_remaining end) as n_treated
    from cohort_attrition
    group by study_id
),

cohort_sizes as (
    select
        cohort_attrition.study_id,
        case when cohort_attrition.step_id = last_step.step_id then 'n_analysed' else 'n_eligible' end as computed_metric,
        cast(cohort_attrition.n_remaining as double) as computed_value,
        cohort_attrition.n_remaining as n_numerator,
        treated.n_treated as n_denominator
    from cohort_attrition
    inner join treated on cohort_attrition.study_id = treated.study_id
    cross join last_eligibility_step
    cross join last_step
    where cohort_attrition.step_id = last_eligibility_step.step_id or cohort_attrition.step_id = last_step.step_id
),

infusion_doses as (
    select
        cohort_patients.study_id,
        timepoints.timepoint,
        case when cohort_patients.is_analysed then 'analysed' else 'not_analysed' end as population,
        cast(infusions.dose_mg_per_kg as decimal(15, 12)) as dose_mg_per_kg
    from cohort_patients
    inner join infusions on cohort_patients.patient_key = infusions.patient_key and infusions.course_number = 1
    inner join timepoints on infusions.infusion_number = timepoints.infusion_number
    where cohort_patients.is_eligible
),

computed_figures as (
    select
        study_id,
        computed_metric,
        cast(null as string) as instrument,
        cast(null as string) as timepoint,
        cast(null as string) as response_kind,
        cast(null as string) as denominator,
        cast(null as string) as stratum,
        cast(null as string) as population,
        cast(null as string) as characteristic,
        cast(null as string) as level,
        cast(null as string) as definition_id,
        computed_value,
        n_numerator,
        n_denominator
    from cohort_sizes
    union all
    select
        study_id,
        'outcome_data_rate' as computed_metric,
        instrument,
        null as timepoint,
        null as response_kind,
        null as denominator,
        null as stratum,
        null as population,
        null as characteristic,
        null as level,
        null as definition_id,
        outcome_data_rate as computed_value,
        n_complete as n_numerator,
        n_eligible as n_denominator
    from outcome_completeness
    where stratum_kind = 'all'
    union all
    select
        study_id,
        case when share is null then 'characteristic_mean' else 'characteristic_share' end as computed_metric,
        null as instrument,
        null as timepoint,
        null as response_kind,
        null as denominator,
        null as stratum,
        population,
        characteristic,
        level,
        null as definition_id,
        coalesce(share, mean) as computed_value,
        n as n_numerator,
        n_denominator
    from cohort_characteristics
    union all
    select
        study_id,
        'infusion_dose_mean' as computed_metric,
        null as instrument,
        timepoint,
        null as response_kind,
        null as denominator,
        null as stratum,
        population,
        null as characteristic,
        null as level,
        null as definition_id,
        {{ share('sum(dose_mg_per_kg)', 'count(dose_mg_per_kg)') }} as computed_value,
        count(dose_mg_per_kg) as n_numerator,
        count(*) as n_denominator
    from infusion_doses
    group by study_id, timepoint, population
    {%- for metric, (metric_value, numerator, total) in induction_metrics.items() %}
    union all
    select
        study_id,
        '{{ metric }}' as computed_metric,
        null as instrument,
        null as timepoint,
        null as response_kind,
        denominator,
        null as stratum,
        null as population,
        null as characteristic,
        null as level,
        definition_id,
        {{ metric_value }} as computed_value,
        {{ numerator }} as n_numerator,
        {{ total }} as n_denominator
    from induction_summary
    {%- endfor %}
    {%- for metric, (metric_value, numerator) in response_metrics.items() %}
    union all
    select
        study_id,
        '{{ metric }}' as computed_metric,
        instrument,
        timepoint,
        response_kind,
        denominator,
        stratum,
        null as population,
        null as characteristic,
        null as level,
        null as definition_id,
        {{ metric_value }} as computed_value,
        {{ numerator }} as n_numerator,
        n_observed as n_denominator
    from response_by_timepoint
    {%- endfor %}
)

select * from computed_figures
