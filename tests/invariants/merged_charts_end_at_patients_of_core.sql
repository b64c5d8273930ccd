with merged as (
    select
        patient_merges.site_id,
        merged_away.patient_id is not null as is_still_there,
        survivors.patient_id is null as is_survivor_missing
    from {{ ref('patient_merges') }} as patient_merges
    left join {{ ref('patients') }} as merged_away
        on patient_merges.site_id = merged_away.site_id and patient_merges.patient_id = merged_away.patient_id
    left join {{ ref('patients') }} as survivors
        on patient_merges.site_id = survivors.site_id and patient_merges.surviving_patient_id = survivors.patient_id
)

select
    site_id,
    count(*) as n_charts
from merged
where is_still_there or is_survivor_missing
group by site_id
