with vetted_patients as (
    select * from {{ ref('vetted_patients') }}
    where is_newest and fate in ('accepted', 'retracted')
),

described as (
    select
        site_id,
        birth_date,
        case when sex in ('female', 'male') then sex end as sex,
        count(*) over (partition by site_id, birth_date, sex, race, zip3) as n_alike,
        min(site_id) over (partition by patient_id, birth_date, sex)
        < max(site_id) over (partition by patient_id, birth_date, sex) as is_known_elsewhere
    from vetted_patients
    where fate = 'accepted' and birth_date_precision = 'day'
),

measured_patients as (
    {{ measured_by_delivery('vetted_patients', [
        {'check_id': 'patients_test', 'is_violating': "fate = 'retracted'"},
        {'check_id': 'zip_not_usable', 'is_violating': 'zip3 is null', 'is_checked': "fate = 'accepted' and has_zip_code"},
        {'check_id': 'sex_unknown', 'is_violating': "sex = 'unknown'", 'is_checked': "fate = 'accepted'"},
        {'check_id': 'race_unknown', 'is_violating': "race = 'unknown'", 'is_checked': "fate = 'accepted'"},
        {'check_id': 'race_multiple', 'is_violating': "race = 'multiple' or is_race_unmapped", 'is_checked': "fate = 'accepted'"},
    ]) }}
    union all
    {{ measured_checks('described', [
        {'check_id': 'patients_alike', 'is_violating': 'n_alike > 1'},
        {'check_id': 'patients_of_another_clinic', 'is_violating': 'is_known_elsewhere'},
        {
            'check_id': 'birth_dates_on_new_year',
            'is_violating': 'extract(month from birth_date) = 1 and extract(day from birth_date) = 1',
        },
    ]) }}
    union all
    {{ measured_commonest('birth_dates_one_for_many', 'described', 'birth_date') }}
    union all
    {{ measured_commonest('sex_one_for_all', 'described', 'sex') }}
)

select * from measured_patients
