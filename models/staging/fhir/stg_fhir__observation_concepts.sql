{{ config(materialized='table') }}

with codings as (
    select * from {{ ref('stg_fhir__codings') }}
),

coded_vitals as (
    select * from {{ ref('coded_values') }}
    where field = 'vital'
),

questionnaire_codes as (
    select * from {{ ref('questionnaire_codes') }}
),

vitals as (
    select
        codings.codings,
        min(coded_vitals.value) as vital
    from codings
    inner join coded_vitals on codings.code_system = coded_vitals.code_system and codings.code = coded_vitals.code
    group by codings.codings
),

-- Beside the code of a total, that of a panel says no more.
questions as (
    select
        codings.codings,
        questionnaire_codes.instrument,
        questionnaire_codes.role as questionnaire_role,
        questionnaire_codes.item_number,
        row_number() over (
            partition by codings.codings
            order by
                case questionnaire_codes.role when 'total' then 1 when 'item' then 2 else 3 end,
                codings.coding_position
        ) as question_rank
    from codings
    inner join questionnaire_codes
        on codings.code_system = questionnaire_codes.code_system and codings.code = questionnaire_codes.code
),

first_questions as (
    select * from questions
    where question_rank = 1
),

concepts as (
    select
        coalesce(vitals.codings, first_questions.codings) as codings,
        vitals.vital,
        first_questions.instrument,
        first_questions.questionnaire_role,
        first_questions.item_number
    from vitals
    full outer join first_questions on vitals.codings = first_questions.codings
)

select * from concepts
