select count(*) as n_patients
from {{ ref('patients') }} as core_patients
full join {{ ref('marts_patients') }} as marts_patients on core_patients.patient_key = marts_patients.patient_key
where core_patients.patient_key is null or marts_patients.patient_key is null
having count(*) > 0
