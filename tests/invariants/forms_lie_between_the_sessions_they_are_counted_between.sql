with sessions as (
    select
        patient_key,
        day,
        row_number() over (partition by patient_key order by day) as session_number
    from {{ ref('infusions') }}
)

select
    assessments.instrument,
    count(*) as n_forms
from {{ ref('marts_assessments') }} as assessments
left join sessions as session_before
    on assessments.patient_key = session_before.patient_key and assessments.after_infusion_number = session_before.session_number
left join sessions as session_after
    on assessments.patient_key = session_after.patient_key and assessments.after_infusion_number + 1 = session_after.session_number
where
    assessments.day < session_before.day
    or assessments.day > session_after.day
    or (assessments.day is not null and assessments.after_infusion_number > 0 and session_before.day is null)
group by assessments.instrument
