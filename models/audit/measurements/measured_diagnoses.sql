with diagnoses as (
    select
        *,
        upper(trim(replace(coalesce(code_text, ''), '[doubted]', ''))) as code,
        coalesce(code_text, '') as written_code
    from {{ ref('diagnoses') }}
),

code_periods as (
    select * from {{ ref('diagnosis_code_periods') }}
),

diagnosis_code_sets as (
    select * from {{ ref('diagnosis_code_sets') }}
),

-- F43 is the heading of F43.1: a code that stops there says nothing of PTSD. F22 stands for itself.
headings as (
    select
        left(code, 3) as heading,
        bool_or(length(code) = 3) as is_code
    from diagnosis_code_sets
    where code_system = 'icd10cm'
    group by left(code, 3)
),

code_systems as (
    select code_system
    from diagnosis_code_sets
    group by code_system
),

-- Codings such as snomed|47505003, of a system that the code sets know.
known_codings as (
    select diagnoses.other_codings
    from diagnoses
    inner join code_systems on contains(' ' || diagnoses.other_codings, ' ' || code_systems.code_system || '|')
    group by diagnoses.other_codings
),

first_days as (
    select
        site_id,
        patient_key,
        min(recorded_on) as first_on
    from diagnoses
    where recorded_on is not null
    group by site_id, patient_key
),

first_patients as (
    select
        site_id,
        count(*) over (partition by site_id, first_on) as n_on_the_day
    from first_days
),

shaped as (
    select
        diagnoses.site_id,
        diagnoses.recorded_on,
        diagnoses.written_code,
        contains(diagnoses.written_code, '[doubted]') as is_doubted,
        known_codings.other_codings is not null as has_known_coding,
        {{ regexp_like("diagnoses.code", "^[A-TV-Z][0-9][0-9AB]") }} as has_shape_of_icd10,
        {{ regexp_like("diagnoses.code", "^([0-9]{3}|V[0-9]{2}|E[0-9]{3})([.][0-9]{1,2})?$") }} as has_shape_of_icd9,
        coalesce(code_periods.valid_from_on > diagnoses.recorded_on, false)
        or coalesce(code_periods.valid_to_on < diagnoses.recorded_on, false) as is_outside_validity,
        code_periods.code is not null as has_period,
        coalesce(not headings.is_code, false) as is_heading
    from diagnoses
    left join known_codings on diagnoses.other_codings = known_codings.other_codings
    left join code_periods on replace(diagnoses.code, '.', '') = code_periods.code
    left join headings on replace(diagnoses.code, '.', '') = headings.heading
),

measured_diagnoses as (
    {{ measured_checks('shaped', [
        {
            'check_id': 'diagnosis_codings_unknown',
            'is_violating': 'not has_shape_of_icd10 and not has_shape_of_icd9 and not has_known_coding',
        },
        {'check_id': 'diagnosis_code_system_mismatch', 'is_violating': 'has_shape_of_icd9', 'is_checked': "written_code <> ''"},
        {'check_id': 'diagnosis_code_outside_validity', 'is_violating': 'is_outside_validity', 'is_checked': 'has_period'},
        {'check_id': 'diagnoses_in_doubt', 'is_violating': 'is_doubted', 'is_checked': "written_code <> ''"},
        {'check_id': 'diagnosis_code_cut_off', 'is_violating': 'is_heading', 'is_checked': "written_code <> ''"},
    ]) }}
    union all
    {{ measured_checks('first_patients', [
        {
            'check_id': 'diagnoses_recorded_together',
            'is_violating': 'n_on_the_day >= ' ~ var('patients_recorded_together_min'),
        },
    ]) }}
    union all
    {{ measured_commonest('diagnoses_recorded_on_one_day', 'diagnoses', 'recorded_on') }}
)

select * from measured_diagnoses
