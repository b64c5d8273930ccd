with source as (
    select * from {{ source('omop', 'person') }}
),

deaths as (
    select * from {{ ref('stg_omop__deaths') }}
    where died_on is not null
),

sexes as (
    {{ concept_values_of('sex') }}
),

races as (
    {{ concept_values_of('race') }}
),

ethnicities as (
    {{ concept_values_of('ethnicity') }}
),

persons as (
    select
        *,
        {{ omop_id('person_id') }} as patient_id,
        {{ omop_id('year_of_birth') }} as birth_year,
        {{ omop_id('month_of_birth') }} as birth_month,
        {{ omop_id('day_of_birth') }} as birth_day,
        {{ cut_fraction('birth_datetime') }} as birth_text
    from source
),

told_deaths as (
    select
        {{ record_columns('persons') }},
        deaths.delivered_on as told_on,
        deaths.died_on
    from persons
    inner join deaths on persons.site_id = deaths.site_id and persons.patient_id = deaths.patient_id
),

-- A death that came after a version of the person, and later than that version could know, is no error of that version.
first_deaths as (
    select
        {{ record_columns() }},
        min(died_on) as died_on
    from told_deaths
    where told_on <= delivered_on or died_on <= {{ latest_plausible_on(var('delivery_lag_days')) }}
    group by {{ record_columns() }}
),

flat as (
    select
        {{ record_columns('persons') }},
        persons.patient_id,
        -- The earliest day that the parts allow, where there is no birth_datetime that can be read.
        coalesce(
            case when {{ day_of('persons.birth_text') }} is not null then persons.birth_text end,
            persons.birth_year
            || '-'
            || case
                when persons.birth_month is null then '01'
                when length(persons.birth_month) = 1 then '0' || persons.birth_month
                else persons.birth_month
            end
            || '-'
            || case
                when persons.birth_month is null or persons.birth_day is null then '01'
                when length(persons.birth_day) = 1 then '0' || persons.birth_day
                else persons.birth_day
            end,
            persons.birth_text
        ) as birth_date,
        case
            when {{ day_of('persons.birth_text') }} is not null then 'day'
            when persons.birth_year is null then null
            when persons.birth_month is null then 'year'
            when persons.birth_day is null then 'month'
            else 'day'
        end as birth_date_precision,
        {{ concept_or_source('sexes.value', 'persons.gender_source_value', 'persons.gender_concept_id', 'persons.site_id') }} as sex,
        {{ concept_or_source('races.value', 'persons.race_source_value', 'persons.race_concept_id', 'persons.site_id') }} as race,
        {{ concept_or_source(
            'ethnicities.value', 'persons.ethnicity_source_value', 'persons.ethnicity_concept_id', 'persons.site_id'
        ) }} as ethnicity,
        cast(null as string) as zip_code,
        cast(first_deaths.died_on as string) as deceased_on,
        cast(null as string) as is_test,
        cast(null as string) as merged_into,
        cast(null as string) as updated_at,
        persons.is_malformed
    from persons
    left join sexes on {{ concept_key('persons.gender_concept_id', site_id='persons.site_id') }} = sexes.concept_key
    left join races on {{ concept_key('persons.race_concept_id', site_id='persons.site_id') }} = races.concept_key
    left join ethnicities
        on {{ concept_key('persons.ethnicity_concept_id', site_id='persons.site_id') }} = ethnicities.concept_key
    left join first_deaths
        on
            persons.site_id = first_deaths.site_id
            and persons.delivered_on = first_deaths.delivered_on
            and persons.file = first_deaths.file
            and persons.row_number = first_deaths.row_number
),

typed as (
    select
        {{ record_columns() }},
        patient_id,
        {{ day_of('birth_date') }} as birth_date,
        birth_date_precision,
        sex as sex_text,
        race as race_text,
        ethnicity as ethnicity_text,
        {{ zip3('zip_code') }} as zip3,
        zip_code is not null as has_zip_code,
        {{ day_of('deceased_on') }} as deceased_on,
        false as is_test_patient,
        merged_into as merged_into_patient_id,
        cast(null as timestamp) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'patients') }} as missing_column,
        {{ first_unparsable_column('ehr', 'patients') }} as unparsable_column
    from flat
)

select * from typed
