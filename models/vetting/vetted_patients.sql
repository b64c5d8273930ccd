with judged as (
    select * from {{ ref('judged_patients') }}
),

identities as (
    select * from {{ ref('patient_identities') }}
),

reasoned as (
    select
        {{ record_columns('judged') }},
        judged.patient_id,
        identities.surviving_patient_id,
        judged.birth_date,
        judged.birth_date_precision,
        judged.sex_text,
        judged.sex,
        judged.is_sex_unmapped,
        judged.race_text,
        judged.race,
        judged.is_race_unmapped,
        judged.ethnicity_text,
        judged.ethnicity,
        judged.is_ethnicity_unmapped,
        judged.zip3,
        judged.has_zip_code,
        judged.deceased_on,
        judged.is_newest,
        case
            when judged.reason is not null then judged.reason
            when identities.is_chain_broken then 'out_of_range:merged_into'
        end as reason,
        coalesce(identities.is_retracted, false) as is_retracted,
        coalesce(identities.is_merged_away, false) as is_merged_away
    from judged
    left join identities on judged.site_id = identities.site_id and judged.patient_id = identities.patient_id
),

vetted as (
    select
        *,
        {{ record_fate(is_retracted='is_retracted', is_newest='(is_newest and not is_merged_away)') }} as fate
    from reasoned
)

select * from vetted
