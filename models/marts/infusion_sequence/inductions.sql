with induction_phases as (
    select * from {{ ref('induction_phases') }}
),

infusions as (
    select * from {{ ref('infusions') }}
    where course_number = 1
),

inductions as (
    select
        induction_phases.patient_key,
        induction_phases.definition_id,
        induction_phases.n_sessions,
        induction_phases.span_days,
        induction_phases.is_met,
        fourth_infusions.day as days_to_fourth,
        induction_phases.final_infusion_number,
        final_infusions.dose_mg_per_kg as final_dose_mg_per_kg
    from induction_phases
    inner join infusions as final_infusions
        on
            induction_phases.patient_key = final_infusions.patient_key
            and induction_phases.final_infusion_number = final_infusions.infusion_number
    left join infusions as fourth_infusions
        on
            induction_phases.patient_key = fourth_infusions.patient_key
            and fourth_infusions.infusion_number = {{ var('days_to_fourth_infusion_number') }}
)

select * from inductions
