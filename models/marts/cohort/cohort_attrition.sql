with patients as (
    select * from {{ ref('marts_patients') }}
),

cohort_patients as (
    select * from {{ ref('cohort_patients') }}
),

studies as (
    select * from {{ ref('studies') }}
),

induction_definitions as (
    select * from {{ ref('induction_definitions') }}
),

attrition_steps as (
    select * from {{ ref('attrition_steps') }}
),

everyone as (
    select count(*) as n_patients
    from patients
),

steps as (
    select
        studies.study_id,
        row_number() over (partition by studies.study_id order by attrition_steps.step_order) as step_number,
        attrition_steps.step_id,
        attrition_steps.step_order,
        attrition_steps.label,
        case attrition_steps.evaluated_at_rule
            when 'index_day' then 0
            when 'induction_max_day' then induction_definitions.max_day
        end as evaluated_at_day
    from studies
    inner join induction_definitions on studies.definition_id = induction_definitions.definition_id
    cross join attrition_steps
    where attrition_steps.step_id <> 'met_induction' or studies.is_induction_required
),

exclusions as (
    select
        cohort_patients.study_id,
        attrition_steps.step_order,
        count(*) as n_patients
    from cohort_patients
    inner join attrition_steps on cohort_patients.exclusion_step = attrition_steps.step_id
    group by cohort_patients.study_id, attrition_steps.step_order
),

treated as (
    select
        study_id,
        count(*) as n_patients,
        count_if(is_eligible and not is_indication_recorded_by_index) as n_eligible_recorded_after_index
    from cohort_patients
    group by study_id
),

-- Who is left after a step: the treated, less all who failed at this or an earlier step.
remaining as (
    select
        steps.study_id,
        steps.step_number,
        steps.step_id,
        steps.label,
        steps.evaluated_at_day,
        cast(
            coalesce(max(treated.n_patients), 0) - coalesce(sum(exclusions.n_patients), 0) as bigint
        ) as n_remaining,
        coalesce(max(treated.n_eligible_recorded_after_index), 0) as n_eligible_recorded_after_index
    from steps
    left join treated on steps.study_id = treated.study_id
    left join exclusions
        on steps.study_id = exclusions.study_id and steps.step_order >= exclusions.step_order
    group by steps.study_id, steps.step_number, steps.step_id, steps.label, steps.evaluated_at_day
),

chained as (
    select
        remaining.*,
        coalesce(
            lag(remaining.n_remaining) over (partition by remaining.study_id order by remaining.step_number),
            everyone.n_patients
        ) as n_in,
        first_value(remaining.n_remaining) over (
            partition by remaining.study_id
            order by remaining.step_number
            rows between unbounded preceding and current row
        ) as n_first
    from remaining
    cross join everyone
),

cohort_attrition as (
    select
        study_id,
        step_number,
        step_id,
        label,
        cast(evaluated_at_day as bigint) as evaluated_at_day,
        coalesce(evaluated_at_day > 0, true) as is_conditioning_on_future,
        n_in,
        n_in - n_remaining as n_excluded,
        n_remaining,
        {{ share('n_remaining', 'n_first') }} as share_of_first,
        cast(case when step_id = 'has_indication' then n_eligible_recorded_after_index end as bigint) as n_recorded_after_index
    from chained
)

select * from cohort_attrition
