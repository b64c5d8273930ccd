with diagnoses as (
    select * from {{ ref('diagnoses') }}
),

diagnosis_code_matches as (
    select * from {{ ref('diagnosis_code_matches') }}
),

other_coding_matches as (
    select * from {{ ref('other_coding_matches') }}
),

status_roles as (
    select * from {{ ref('status_roles') }}
),

day_zero as (
    select * from {{ ref('day_zero') }}
),

matched as (
    select
        diagnoses.*,
        diagnosis_code_matches.code_set_id
    from diagnoses
    inner join diagnosis_code_matches on diagnoses.code_text = diagnosis_code_matches.code_text
    union all
    select
        diagnoses.*,
        other_coding_matches.code_set_id
    from diagnoses
    inner join other_coding_matches on diagnoses.other_codings = other_coding_matches.other_codings
),

-- A diagnosis that is being ruled out, provisional or one of several never counts; one after the index does not count yet.
qualifying as (
    select
        matched.patient_key,
        matched.code_set_id,
        -- Without a day of recording there is no sign that it was written down late.
        day_zero.index_on is null
        or matched.recorded_on is null
        or matched.recorded_on <= day_zero.index_on as is_recorded_by_index
    from matched
    left join status_roles on matched.status = status_roles.status
    left join day_zero on matched.patient_key = day_zero.patient_key
    where
        not coalesce(status_roles.is_excluded_diagnosis, false)
        and (day_zero.index_on is null or matched.diagnosed_on <= day_zero.index_on)
),

patient_conditions as (
    select
        patient_key,
        code_set_id,
        bool_or(is_recorded_by_index) as is_recorded_by_index
    from qualifying
    group by patient_key, code_set_id
)

select * from patient_conditions
