-- Do patients whose fourth infusion was dosed higher report more change of the PCL-5 after it?
-- Uncontrolled, pre-post, and worse: doses rise for those who do not respond and stay for those who do, so that this says
-- nothing about what a dose causes. Implausible doses are in a group of their own.
with dosed as (
    select
        outcomes.baseline_score,
        outcomes.change,
        outcomes.is_responder,
        case
            when infusions.dose_issue = 'implausible' then 'implausible'
            when infusions.dose_mg_per_kg is null then 'unknown'
            when infusions.dose_mg_per_kg < 0.75 then 'below 0.75 mg/kg'
            when infusions.dose_mg_per_kg < 1.25 then '0.75 to 1.25 mg/kg'
            else '1.25 mg/kg and above'
        end as dose_group
    from marts.outcomes
    inner join marts.infusions
        on
            outcomes.patient_key = infusions.patient_key
            and outcomes.infusion_number = infusions.infusion_number
            and infusions.course_number = 1
    where
        outcomes.study_id = 'ptsd_kit'
        and outcomes.instrument = 'PCL-5'
        and outcomes.timepoint = 'infusion_4'
        and outcomes.is_responder is not null
)

select
    dosed.dose_group,
    count(*) as n_patients,
    avg(dosed.baseline_score) as mean_baseline,
    avg(dosed.change) as mean_change,
    count(case when dosed.is_responder then 1 end) as n_responders,
    cast(count(case when dosed.is_responder then 1 end) as double) / nullif(count(*), 0) as response_rate
from dosed
group by dosed.dose_group
order by dosed.dose_group
