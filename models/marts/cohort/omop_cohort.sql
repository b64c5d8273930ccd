with omop_cohort_definitions as (
    select * from {{ ref('omop_cohort_definitions') }}
),

cohort_patients as (
    select * from {{ ref('cohort_patients') }}
),

infusions as (
    select * from {{ ref('infusions') }}
    where course_number = 1
),

first_courses as (
    select
        patient_key,
        max(day) as last_day
    from infusions
    group by patient_key
),

omop_cohort as (
    select
        omop_cohort_definitions.cohort_definition_id,
        {{ subject_id('cohort_patients.patient_key') }} as subject_id,
        cast('{{ var("omop_anchor_date") }}' as date) as cohort_start_date,
        {{ add_days("cast('" ~ var('omop_anchor_date') ~ "' as date)", 'first_courses.last_day') }} as cohort_end_date
    from cohort_patients
    inner join omop_cohort_definitions
        on
            cohort_patients.study_id = omop_cohort_definitions.study_id
            and (
                (omop_cohort_definitions.population = 'eligible' and cohort_patients.is_eligible)
                or (omop_cohort_definitions.population = 'analysed' and cohort_patients.is_analysed)
            )
    inner join first_courses on cohort_patients.patient_key = first_courses.patient_key
)

select * from omop_cohort
