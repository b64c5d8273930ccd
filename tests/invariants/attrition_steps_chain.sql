with everyone as (
    select count(*) as n_patients
    from {{ ref('marts_patients') }}
),

chained as (
    select
        study_id,
        step_number,
        step_id,
        n_in,
        n_remaining,
        share_of_first,
        row_number() over (partition by study_id order by step_number) as expected_number,
        lag(n_remaining) over (partition by study_id order by step_number) as n_left_before,
        first_value(n_remaining) over (
            partition by study_id
            order by step_number
            rows between unbounded preceding and current row
        ) as n_first
    from {{ ref('cohort_attrition') }}
)

select
    chained.study_id,
    chained.step_number,
    chained.step_id
from chained
cross join everyone
where
    chained.step_number <> chained.expected_number
    or chained.n_in <> coalesce(chained.n_left_before, everyone.n_patients)
    or abs(chained.share_of_first * chained.n_first - chained.n_remaining) > 1e-6
