with primary_outcomes as (
    select
        outcomes.study_id,
        outcomes.patient_key
    from {{ ref('outcomes') }} as outcomes
    inner join {{ ref('study_instruments') }} as study_instruments
        on outcomes.study_id = study_instruments.study_id and outcomes.instrument = study_instruments.instrument
    where study_instruments.is_primary
    group by outcomes.study_id, outcomes.patient_key
)

select
    cohort_patients.study_id,
    count(*) as n_patients
from {{ ref('cohort_patients') }} as cohort_patients
left join primary_outcomes
    on cohort_patients.study_id = primary_outcomes.study_id and cohort_patients.patient_key = primary_outcomes.patient_key
where
    cohort_patients.is_analysed <> (
        cohort_patients.is_eligible and cohort_patients.is_induction_satisfied and primary_outcomes.patient_key is not null
    )
group by cohort_patients.study_id
