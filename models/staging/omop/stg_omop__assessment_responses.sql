with survey_rows as (
    select * from {{ ref('stg_omop__survey_rows') }}
    where is_answer
),

flat as (
    select
        {{ record_columns() }},
        assessment_id,
        cast(item_number as string) as item_number,
        value_text as response,
        cast(null as string) as updated_at,
        -- A day that is there but cannot be read keeps the answer from finding its form.
        not is_placed and patient_id is not null and completed_at_text is not null as is_day_unparsable
    from survey_rows
),

typed as (
    select
        {{ record_columns() }},
        false as is_part,
        cast(1 as bigint) as answer_position,
        assessment_id,
        {{ whole_number_of('item_number') }} as item_number,
        {{ whole_number_of('response') }} as response,
        cast(null as timestamp) as updated_at,
        false as is_malformed,
        {{ unlabelled_columns() }},
        case
            when assessment_id is null and not is_day_unparsable then 'assessment_id'
            else {{ first_missing_column('ehr', 'assessment_responses', except=['assessment_id']) }}
        end as missing_column,
        case
            when is_day_unparsable then 'assessment_id'
            else {{ first_unparsable_column('ehr', 'assessment_responses') }}
        end as unparsable_column
    from flat
)

select * from typed
