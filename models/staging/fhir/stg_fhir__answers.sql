{{ config(materialized='table') }}

with source as (
    select * from {{ source('fhir', 'questionnaire_response') }}
    where answers is not null
),

answers as (
    select
        {{ record_columns() }},
        answer_position,
        cast(answer as string) as answer
    from {{ json_rows(
        'source', ['site_id', 'delivered_on', 'file', 'row_number'], 'answers', 'answer', 'answer_position'
    ) }} as elements
)

select * from answers
