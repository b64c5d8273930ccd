with vetted_administrations as (
    select * from {{ ref('vetted_administrations') }}
    where fate = 'accepted'
),

patients as (
    select * from {{ ref('patients') }}
),

administrations as (
    select
        vetted_administrations.site_id,
        vetted_administrations.administration_id,
        patients.patient_key,
        vetted_administrations.ingredient,
        vetted_administrations.route,
        vetted_administrations.status,
        vetted_administrations.is_counted,
        -- A KIT administration: ketamine, into a vein, of a status that counts.
        (
            vetted_administrations.is_counted
            and coalesce(vetted_administrations.ingredient = 'ketamine', false)
            and coalesce(vetted_administrations.route = 'intravenous', false)
        ) as is_kit,
        vetted_administrations.dose,
        vetted_administrations.is_dose_inexpressible,
        vetted_administrations.dose_unit,
        vetted_administrations.concentration_mg_per_ml,
        vetted_administrations.started_on,
        vetted_administrations.started_at,
        vetted_administrations.ended_at
    from vetted_administrations
    inner join patients
        on vetted_administrations.site_id = patients.site_id and vetted_administrations.surviving_patient_id = patients.patient_id
)

select * from administrations
