with source as (
    select * from {{ source('ehr', 'assessment_responses') }}
),

typed as (
    select
        {{ record_columns() }},
        false as is_part,
        cast(1 as bigint) as answer_position,
        assessment_id,
        {{ whole_number_of('item_number') }} as item_number,
        {{ whole_number_of('response') }} as response,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        {{ unlabelled_columns() }},
        {{ first_missing_column('ehr', 'assessment_responses') }} as missing_column,
        {{ first_unparsable_column('ehr', 'assessment_responses') }} as unparsable_column
    from source
)

select * from typed
