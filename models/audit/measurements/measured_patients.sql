with vetted_patients as (
    select
        *,
        -- A clinic that tells no ZIP code at all is no clinic that spoils them.
        max(zip3) over (partition by site_id) is not null as has_site_zip_codes
    from {{ ref('vetted_patients') }}
    where is_newest and fate in ('accepted', 'retracted')
),

measured_patients as (
    {{ measured_checks('vetted_patients', [
        {'check_id': 'patients_test', 'is_violating': "fate = 'retracted'"},
        {'check_id': 'zip_not_usable', 'is_violating': 'zip3 is null', 'is_checked': "fate = 'accepted' and has_site_zip_codes"},
        {'check_id': 'sex_unknown', 'is_violating': "sex = 'unknown'", 'is_checked': "fate = 'accepted'"},
        {'check_id': 'race_unknown', 'is_violating': "race = 'unknown'", 'is_checked': "fate = 'accepted'"},
        {'check_id': 'race_multiple', 'is_violating': "race = 'multiple' or is_race_unmapped", 'is_checked': "fate = 'accepted'"},
    ]) }}
)

select * from measured_patients
