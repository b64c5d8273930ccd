{{ config(materialized='table') }}

with codings as (
    select * from {{ ref('stg_fhir__codings') }}
),

answer_codes as (
    select * from {{ ref('answer_codes') }}
),

coded as (
    select
        codings.codings,
        answer_codes.instrument,
        answer_codes.response,
        row_number() over (
            partition by codings.codings, answer_codes.instrument
            order by codings.coding_position
        ) as coding_rank
    from codings
    inner join answer_codes on codings.code_system = answer_codes.code_system and codings.code = answer_codes.code
),

coded_answers as (
    select
        codings,
        instrument,
        cast(response as string) as response_text
    from coded
    where coding_rank = 1
)

select * from coded_answers
