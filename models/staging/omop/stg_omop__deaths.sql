with source as (
    select * from {{ source('omop', 'death') }}
),

typed as (
    select
        {{ record_columns() }},
        {{ omop_id('person_id') }} as patient_id,
        {{ day_of('death_date') }} as died_on,
        is_malformed,
        case
            when person_id is null then 'patient_id'
            when death_date is null then 'death_date'
        end as missing_column,
        case when death_date is not null and {{ day_of('death_date') }} is null then 'death_date' end as unparsable_column
    from source
)

select * from typed
