with record_fates as (
    select * from {{ ref('record_fates') }}
    where fate <> 'quarantined'
),

vitals as (
    select
        {{ record_columns() }},
        'vitals' as table_name,
        vital_id as part_id,
        reason
    from {{ ref('vetted_vitals') }}
    where is_part and fate = 'quarantined'
),

assessments as (
    select
        {{ record_columns() }},
        'assessments' as table_name,
        assessment_id as part_id,
        reason
    from {{ ref('vetted_assessments') }}
    where is_part and fate = 'quarantined'
),

answers as (
    select
        {{ record_columns() }},
        'assessment_responses' as table_name,
        assessment_id || ' answer ' || cast(answer_position as string) as part_id,
        reason
    from {{ ref('vetted_assessment_responses') }}
    where is_part and fate = 'quarantined'
),

parts as (
    select * from vitals
    union all
    select * from assessments
    union all
    select * from answers
),

-- Where the record itself is quarantined, that says it all.
quarantined_parts as (
    select parts.*
    from parts
    inner join record_fates
        on
            parts.site_id = record_fates.site_id
            and parts.delivered_on = record_fates.delivered_on
            and parts.file = record_fates.file
            and parts.row_number = record_fates.row_number
)

select * from quarantined_parts
