with populations as (
    select
        study_id,
        'eligible' as population,
        count(*) as n_patients
    from {{ ref('cohort_patients') }}
    where is_eligible
    group by study_id
    union all
    select
        study_id,
        'analysed' as population,
        count(*) as n_patients
    from {{ ref('cohort_patients') }}
    where is_analysed
    group by study_id
),

cohorts as (
    select
        omop_cohort_definitions.study_id,
        omop_cohort_definitions.population,
        count(distinct omop_cohort.subject_id) as n_subjects
    from {{ ref('omop_cohort_definitions') }} as omop_cohort_definitions
    inner join {{ ref('omop_cohort') }} as omop_cohort
        on omop_cohort_definitions.cohort_definition_id = omop_cohort.cohort_definition_id
    group by omop_cohort_definitions.study_id, omop_cohort_definitions.population
),

everybody as (
    select count(distinct patient_key) as n_patients
    from {{ ref('cohort_patients') }}
    where is_eligible
),

subjects as (
    select count(distinct subject_id) as n_subjects
    from {{ ref('omop_cohort') }}
)

select
    populations.study_id,
    populations.population,
    populations.n_patients,
    cohorts.n_subjects
from populations
full outer join cohorts on populations.study_id = cohorts.study_id and populations.population = cohorts.population
where populations.n_patients is distinct from cohorts.n_subjects
union all
select
    'all' as study_id,
    'eligible' as population,
    everybody.n_patients,
    subjects.n_subjects
from everybody
cross join subjects
where everybody.n_patients <> subjects.n_subjects
