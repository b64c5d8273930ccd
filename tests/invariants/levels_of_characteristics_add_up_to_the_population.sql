with totals as (
    select
        study_id,
        population,
        characteristic,
        sum(n + case when level = 'all' then n_missing else 0 end) as n_patients,
        min(n_denominator) as n_denominator_min,
        max(n_denominator) as n_denominator_max
    from {{ ref('cohort_characteristics') }}
    group by study_id, population, characteristic
),

compared as (
    select
        study_id,
        characteristic,
        sum(case when population = 'eligible' then n_patients else 0 end) as n_eligible,
        sum(case when population <> 'eligible' then n_patients else 0 end) as n_parts,
        max(case when n_patients <> n_denominator_min or n_denominator_min <> n_denominator_max then 1 else 0 end) as is_off
    from totals
    group by study_id, characteristic
)

select
    study_id,
    characteristic,
    n_eligible,
    n_parts
from compared
where is_off = 1 or n_eligible <> n_parts
