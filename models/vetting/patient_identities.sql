with newest_patients as (
    select * from {{ ref('judged_patients') }}
    where is_newest
),

merge_links as (
    select
        site_id,
        patient_id as from_id,
        merged_into_patient_id as to_id
    from newest_patients
    where merged_into_patient_id is not null
),

reached as (
    select * from {{ follow_links('merge_links') }} as paths
),

-- A chain must end at a patient with a valid version that is not merged away itself; a loop does not.
chain_ends as (
    select
        reached.site_id,
        reached.start_id as patient_id,
        reached.reached_id as surviving_patient_id
    from reached
    inner join newest_patients
        on reached.site_id = newest_patients.site_id and reached.reached_id = newest_patients.patient_id
    where newest_patients.merged_into_patient_id is null
),

followed as (
    select
        newest_patients.site_id,
        newest_patients.patient_id,
        newest_patients.birth_date,
        newest_patients.merged_into_patient_id is not null as is_merged_away,
        newest_patients.is_test_patient or coalesce(newest_patients.is_deleted, false) as is_retracted,
        case
            when newest_patients.merged_into_patient_id is null then newest_patients.patient_id
            else chain_ends.surviving_patient_id
        end as surviving_patient_id
    from newest_patients
    left join chain_ends
        on newest_patients.site_id = chain_ends.site_id and newest_patients.patient_id = chain_ends.patient_id
),

identified as (
    select
        followed.site_id,
        followed.patient_id,
        followed.surviving_patient_id,
        followed.surviving_patient_id is null as is_chain_broken,
        followed.is_merged_away,
        -- The birth date that dates are held against; without a valid patient there is none.
        case when followed.surviving_patient_id is not null then followed.birth_date end as birth_date,
        followed.is_retracted or coalesce(survivors.is_test_patient or coalesce(survivors.is_deleted, false), false) as is_retracted
    from followed
    left join newest_patients as survivors
        on followed.site_id = survivors.site_id and followed.surviving_patient_id = survivors.patient_id
)

select * from identified
