with diagnoses as (
    select
        *,
        upper(trim(coalesce(code_text, ''))) as code,
        coalesce(code_text, '') as written_code
    from {{ ref('diagnoses') }}
),

code_periods as (
    select * from {{ ref('diagnosis_code_periods') }}
),

recording_days as (
    select
        site_id,
        recorded_on,
        count(*) as n_records
    from diagnoses
    where recorded_on is not null
    group by site_id, recorded_on
),

commonest_days as (
    select
        site_id,
        cast(sum(n_records) as bigint) as n_checked,
        cast(max(n_records) as bigint) as n_violating
    from recording_days
    group by site_id
),

shaped as (
    select
        diagnoses.site_id,
        diagnoses.recorded_on,
        diagnoses.written_code,
        diagnoses.other_codings,
        {{ regexp_like("diagnoses.code", "^[A-TV-Z][0-9][0-9AB]") }} as has_shape_of_icd10,
        {{ regexp_like("diagnoses.code", "^([0-9]{3}|V[0-9]{2}|E[0-9]{3})([.][0-9]{1,2})?$") }} as has_shape_of_icd9,
        coalesce(code_periods.valid_from_on > diagnoses.recorded_on, false)
        or coalesce(code_periods.valid_to_on < diagnoses.recorded_on, false) as is_outside_validity,
        code_periods.code is not null as has_period
    from diagnoses
    left join code_periods on replace(diagnoses.code, '.', '') = code_periods.code
),

measured_diagnoses as (
    {{ measured_checks('shaped', [
        {
            'check_id': 'diagnosis_codings_unknown',
            'is_violating': 'not has_shape_of_icd10 and not has_shape_of_icd9 and (other_codings is null or ' ~ regexp_like('other_codings', 'unknown[|]') ~ ')',
        },
        {'check_id': 'diagnosis_code_system_mismatch', 'is_violating': 'has_shape_of_icd9', 'is_checked': "written_code <> ''"},
        {'check_id': 'diagnosis_code_outside_validity', 'is_violating': 'is_outside_validity', 'is_checked': 'has_period'},
    ]) }}
    union all
    select
        'diagnoses_recorded_on_one_day' as check_id,
        site_id as subject,
        n_checked,
        n_violating
    from commonest_days
)

select * from measured_diagnoses
