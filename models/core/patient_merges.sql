with vetted_patients as (
    select * from {{ ref('vetted_patients') }}
    where is_newest and is_merged_away and fate = 'superseded'
),

patient_merges as (
    select
        site_id,
        patient_id,
        surviving_patient_id
    from vetted_patients
)

select * from patient_merges
