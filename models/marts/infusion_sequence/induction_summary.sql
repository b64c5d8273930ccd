with cohort_patients as (
    select * from {{ ref('cohort_patients') }}
    where is_eligible
),

inductions as (
    select * from {{ ref('inductions') }}
),

infusions as (
    select * from {{ ref('infusions') }}
    where course_number = 1
),

studies as (
    select * from {{ ref('studies') }}
),

induction_definitions as (
    select * from {{ ref('induction_definitions') }}
),

denominators as (
    select 'eligible' as denominator
    union all
    select 'analysed' as denominator
    union all
    select 'reached_minimum' as denominator
),

first_courses as (
    select
        patient_key,
        count(*) as n_sessions
    from infusions
    group by patient_key
),

counted as (
    select
        cohort_patients.study_id,
        inductions.definition_id,
        denominators.denominator,
        inductions.is_met,
        case when inductions.is_met then inductions.final_dose_mg_per_kg end as final_dose_mg_per_kg,
        case when inductions.is_met then cast(inductions.final_dose_mg_per_kg as decimal(15, 12)) end as final_dose_exact
    from cohort_patients
    inner join inductions on cohort_patients.patient_key = inductions.patient_key
    inner join induction_definitions on inductions.definition_id = induction_definitions.definition_id
    inner join first_courses on cohort_patients.patient_key = first_courses.patient_key
    inner join denominators
        on
            denominators.denominator = 'eligible'
            or (denominators.denominator = 'analysed' and cohort_patients.is_analysed)
            or (
                denominators.denominator = 'reached_minimum'
                and induction_definitions.min_sessions <= first_courses.n_sessions
            )
),

summed as (
    select
        study_id,
        definition_id,
        denominator,
        count(*) as n,
        count_if(is_met) as n_met,
        count(final_dose_mg_per_kg) as n_with_dose,
        sum(final_dose_exact) as sum_dose,
        cast(sum(cast(final_dose_exact * final_dose_exact as decimal(30, 24))) as decimal(38, 24)) as sum_dose_squared,
        percentile_cont(0.5) within group (order by final_dose_mg_per_kg) as median_final_dose_mg_per_kg
    from counted
    group by study_id, definition_id, denominator
),

-- Every combination has a row, also one without patients.
grid as (
    select
        studies.study_id,
        induction_definitions.definition_id,
        denominators.denominator
    from studies
    cross join induction_definitions
    cross join denominators
),

completed as (
    select
        grid.study_id,
        grid.definition_id,
        grid.denominator,
        coalesce(summed.n, 0) as n,
        coalesce(summed.n_met, 0) as n_met,
        coalesce(summed.n_with_dose, 0) as n_with_dose,
        summed.sum_dose,
        summed.sum_dose_squared,
        summed.median_final_dose_mg_per_kg
    from grid
    left join summed
        on
            grid.study_id = summed.study_id
            and grid.definition_id = summed.definition_id
            and grid.denominator = summed.denominator
),

induction_summary as (
    select
        study_id,
        definition_id,
        denominator,
        n,
        cast(n_met as bigint) as n_met,
        {{ share('n_met', 'n') }} as met_rate,
        {{ wilson_bound('n_met', 'n', 'lower') }} as ci_low,
        {{ wilson_bound('n_met', 'n', 'upper') }} as ci_high,
        n_with_dose,
        {{ share('sum_dose', 'n_with_dose') }} as mean_final_dose_mg_per_kg,
        {{ exact_sd('n_with_dose', 'cast(sum_dose as decimal(38, 12))', 'sum_dose_squared') }} as sd_final_dose_mg_per_kg,
        median_final_dose_mg_per_kg
    from completed
)

select * from induction_summary
