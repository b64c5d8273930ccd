select
    outcomes.study_id,
    count(*) as n_outcomes
from {{ ref('outcomes') }} as outcomes
left join {{ ref('cohort_patients') }} as cohort_patients
    on outcomes.study_id = cohort_patients.study_id and outcomes.patient_key = cohort_patients.patient_key
where not coalesce(cohort_patients.is_eligible, false)
group by outcomes.study_id
