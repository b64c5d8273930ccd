with delivered as (
    select * from {{ ref('delivered_patients') }}
),

sex_aliases as (
    {{ aliases_of('sex') }}
),

race_aliases as (
    {{ aliases_of('race') }}
),

ethnicity_aliases as (
    {{ aliases_of('ethnicity') }}
),

sparse_zip3 as (
    select * from {{ ref('sparse_zip3') }}
),

mapped as (
    select
        {{ record_columns('delivered') }},
        delivered.patient_id,
        delivered.birth_date,
        delivered.birth_date_precision,
        delivered.sex_text,
        coalesce(sex_aliases.value, 'unknown') as sex,
        delivered.sex_text is not null and sex_aliases.value is null as is_sex_unmapped,
        delivered.race_text,
        coalesce(race_aliases.value, 'unknown') as race,
        delivered.race_text is not null and race_aliases.value is null as is_race_unmapped,
        delivered.ethnicity_text,
        coalesce(ethnicity_aliases.value, 'unknown') as ethnicity,
        delivered.ethnicity_text is not null and ethnicity_aliases.value is null as is_ethnicity_unmapped,
        case when sparse_zip3.zip3 is not null then '000' else delivered.zip3 end as zip3,
        delivered.has_zip_code,
        delivered.deceased_on,
        delivered.is_test_patient,
        coalesce(delivered.is_deleted, false) as is_deleted,
        delivered.merged_into_patient_id,
        delivered.updated_at,
        delivered.is_malformed,
        delivered.restricted_label,
        delivered.missing_column,
        delivered.unparsable_column
    from delivered
    left join sex_aliases on {{ alias_key('delivered.sex_text') }} = sex_aliases.alias_key
    left join race_aliases on {{ alias_key('delivered.race_text') }} = race_aliases.alias_key
    left join ethnicity_aliases on {{ alias_key('delivered.ethnicity_text') }} = ethnicity_aliases.alias_key
    left join sparse_zip3 on delivered.zip3 = sparse_zip3.zip3
),

reasoned as (
    select
        *,
        case
            {{ first_problem() }}
            when birth_date < cast('{{ var("birth_date_min") }}' as date) or birth_date > {{ latest_plausible_on(0) }}
                then 'out_of_range:birth_date'
            when {{ is_outside_delivery('deceased_on') }} then 'out_of_range:deceased_on'
        end as reason
    from mapped
),

judged as (
    select
        *,
        {{ is_newest_version('patient_id') }} as is_newest
    from reasoned
)

select * from judged
