with valid_forms as (
    select * from {{ ref('valid_forms') }}
    where course_number = 1
),

induction_phases as (
    select * from {{ ref('induction_phases') }}
),

ranked as (
    select
        induction_phases.definition_id,
        valid_forms.*,
        row_number() over (
            partition by valid_forms.patient_key, induction_phases.definition_id, valid_forms.instrument
            order by valid_forms.form_number
        ) as rank_in_window
    from valid_forms
    inner join induction_phases
        on
            valid_forms.patient_key = induction_phases.patient_key
            and valid_forms.infusion_number = induction_phases.final_infusion_number
    where
        valid_forms.days_since_session >= {{ var('post_induction_from_day') }}
        and valid_forms.days_since_session <= {{ var('post_induction_to_day') }}
),

post_induction_forms as (
    select
        patient_key,
        definition_id,
        instrument,
        infusion_number,
        assessment_key,
        day,
        score,
        recall_contamination
    from ranked
    where rank_in_window = 1
)

select * from post_induction_forms
