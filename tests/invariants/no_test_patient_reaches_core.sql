select
    patients.site_id,
    count(*) as n_patients
from {{ ref('patients') }} as patients
inner join {{ ref('patient_identities') }} as patient_identities
    on patients.site_id = patient_identities.site_id and patients.patient_id = patient_identities.patient_id
where patient_identities.is_retracted or patient_identities.is_merged_away or patient_identities.is_chain_broken
group by patients.site_id
