-- Which persons of a clinic's own CDM are in our cohorts, and from when to when?
-- The COHORT table of one site, to be loaded beside its CDM; restricted, as core: person ids and dates leave the clinic's
-- environment for nobody. subject_id is the person_id where the site delivers OMOP (or other whole numbers as patient ids),
-- else null. Filter by site_id: two clinics may use one number.
select
    patients.site_id,
    omop_cohort.cohort_definition_id,
    case
        when regexp_full_match(patients.patient_id, '0|[1-9][0-9]*') then try_cast(patients.patient_id as bigint)
    end as subject_id,
    day_zero.index_on as cohort_start_date,
    day_zero.index_on + cast(omop_cohort.cohort_end_date - omop_cohort.cohort_start_date as integer) as cohort_end_date,
    patients.patient_id
from marts.omop_cohort as omop_cohort
inner join core.patients as patients
    on omop_cohort.subject_id = cast('0x' || left(patients.patient_key, 13) as bigint)
inner join core.day_zero as day_zero on patients.patient_key = day_zero.patient_key
order by
    patients.site_id asc,
    omop_cohort.cohort_definition_id asc,
    patients.patient_id asc
