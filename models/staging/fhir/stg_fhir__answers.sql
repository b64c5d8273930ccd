{{ config(materialized='table') }}

with source as (
    select * from {{ source('fhir', 'questionnaire_response') }}
    where answers is not null
),

answers as (
    select
        {{ record_columns('source') }},
        elements.answer_position,
        cast(elements.answer as string) as answer
    from source
    {{ json_rows('source.answers', 'elements', 'answer', 'answer_position') }}
)

select * from answers
