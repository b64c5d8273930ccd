with vetted_administrations as (
    select * from {{ ref('vetted_administrations') }}
    where fate in ('accepted', 'duplicate')
),

accepted as (
    select
        *,
        coalesce(ingredient = 'ketamine', false) as is_ketamine,
        coalesce(ingredient = 'ketamine', false) and coalesce(route = 'intravenous', false) and is_counted as is_infusion,
        coalesce(route = 'intravenous', false) as is_intravenous,
        coalesce(ingredient = 'esketamine', false) as is_esketamine,
        {{ microseconds_between('started_at', 'ended_at') }} / 60000000.0 as duration_minutes,
        {{ microseconds_between('cast(started_on as timestamp)', 'started_at') }} / 3600000000.0 as hour_of_day
    from vetted_administrations
    where fate = 'accepted'
),

-- Another medicine may run beside ketamine: a day is suspicious where no medicine into a vein is known.
infusion_days as (
    select
        site_id,
        surviving_patient_id,
        started_on,
        count(ingredient) as n_known
    from accepted
    where is_intravenous and is_counted
    group by site_id, surviving_patient_id, started_on
),

-- What a patient gets when nothing is stopped.
usual_doses as (
    select
        site_id,
        surviving_patient_id,
        dose_unit,
        max(dose) as dose
    from accepted
    where is_infusion and coalesce(status, 'completed') <> 'stopped'
    group by site_id, surviving_patient_id, dose_unit
),

compared as (
    select
        accepted.site_id,
        accepted.dose >= usual_doses.dose as is_full_dose
    from accepted
    inner join usual_doses
        on
            accepted.site_id = usual_doses.site_id
            and accepted.surviving_patient_id = usual_doses.surviving_patient_id
            and accepted.dose_unit = usual_doses.dose_unit
    where accepted.is_infusion and accepted.status = 'stopped'
),

single_doses as (
    {{ measured_by_delivery('accepted', [
        {'check_id': 'administrations_route_unknown', 'is_violating': "coalesce(route, 'unknown') = 'unknown'", 'is_checked': 'is_ketamine'},
        {
            'check_id': 'drug_code_and_name_disagree',
            'is_violating': 'ingredient_of_code <> ingredient_of_name',
            'is_checked': 'ingredient_of_code is not null and ingredient_of_name is not null',
        },
        {
            'check_id': 'drug_code_unknown',
            'is_violating': 'ingredient_of_code is null',
            'is_checked': 'is_ketamine and rxnorm_code is not null',
        },
        {'check_id': 'esketamine_intravenous', 'is_violating': 'is_intravenous', 'is_checked': 'is_esketamine'},
        {
            'check_id': 'dose_basis_unclear',
            'is_violating': regexp_like("lower(medication_text)", "hcl|hydrochloride"),
            'is_checked': 'is_ketamine and medication_text is not null',
        },
        {
            'check_id': 'infusion_duration_implausible',
            'is_violating': 'duration_minutes <= 0 or duration_minutes > ' ~ var('infusion_minutes_max'),
            'is_checked': 'is_infusion and duration_minutes is not null',
        },
        {
            'check_id': 'infusions_at_night',
            'is_violating': 'hour_of_day >= ' ~ var('night_from_hour') ~ ' or hour_of_day < ' ~ var('night_to_hour'),
            'is_checked': 'is_infusion and started_at is not null',
        },
        {'check_id': 'infusion_status_unmapped', 'is_violating': 'is_status_unmapped', 'is_checked': "is_ketamine and is_intravenous"},
        {
            'check_id': 'doses_like_concentration',
            'is_violating': 'dose = concentration_mg_per_ml',
            'is_checked': "is_infusion and dose_unit = 'mg' and concentration_mg_per_ml is not null",
        },
        {'check_id': 'concentrations_missing', 'is_violating': 'concentration_mg_per_ml is null', 'is_checked': "is_infusion and dose_unit = 'mL'"},
    ]) }}
),

days as (
    {{ measured_checks('infusion_days', [
        {'check_id': 'infusions_without_known_ingredient', 'is_violating': 'n_known = 0'},
    ]) }}
),

stopped as (
    {{ measured_checks('compared', [{'check_id': 'stopped_with_full_dose', 'is_violating': 'is_full_dose'}]) }}
),

duplicates as (
    {{ measured_by_delivery('vetted_administrations', [
        {'check_id': 'same_time_duplicates', 'is_violating': "fate = 'duplicate' and started_at is null"},
    ]) }}
),

doses_in_mg as (
    select
        site_id,
        dose
    from accepted
    where is_infusion and dose_unit = 'mg'
),

common_doses as (
    {{ measured_commonest('doses_one_for_all', 'doses_in_mg', 'dose') }}
),

measured_administrations as (
    select * from single_doses
    union all
    select * from common_doses
    union all
    select * from days
    union all
    select * from stopped
    union all
    select * from duplicates
)

select * from measured_administrations
