select count(*) as n_forms
from {{ ref('assessments') }} as core_assessments
full join {{ ref('marts_assessments') }} as marts_assessments
    on
        core_assessments.assessment_key = marts_assessments.assessment_key
        and core_assessments.patient_key = marts_assessments.patient_key
where core_assessments.assessment_key is null or marts_assessments.assessment_key is null
having count(*) > 0
