with expected as (
    select
        'cohort_patients' as table_name,
        studies.study_id as judged_by,
        count(marts_patients.patient_key) as n_expected
    from {{ ref('studies') }} as studies
    left join {{ ref('marts_patients') }} as marts_patients on marts_patients.n_sessions > 0
    group by studies.study_id
    union all
    select
        'inductions' as table_name,
        induction_definitions.definition_id as judged_by,
        count(marts_patients.patient_key) as n_expected
    from {{ ref('induction_definitions') }} as induction_definitions
    left join {{ ref('marts_patients') }} as marts_patients on marts_patients.n_sessions > 0
    group by induction_definitions.definition_id
),

found as (
    select
        'cohort_patients' as table_name,
        study_id as judged_by,
        count(*) as n_found
    from {{ ref('cohort_patients') }}
    group by study_id
    union all
    select
        'inductions' as table_name,
        definition_id as judged_by,
        count(*) as n_found
    from {{ ref('inductions') }}
    group by definition_id
)

select
    expected.table_name,
    expected.judged_by,
    expected.n_expected,
    found.n_found
from expected
left join found on expected.table_name = found.table_name and expected.judged_by = found.judged_by
where expected.n_expected <> coalesce(found.n_found, 0)
