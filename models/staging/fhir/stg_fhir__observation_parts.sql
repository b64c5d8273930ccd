{{ config(materialized='table') }}

with components as (
    select * from {{ ref('stg_fhir__observation_components') }}
),

concepts as (
    select * from {{ ref('stg_fhir__observation_concepts') }}
),

coded_answers as (
    select * from {{ ref('stg_fhir__coded_answers') }}
),

coded_units as (
    select * from {{ ref('coded_values') }}
    where field = 'unit' and code_system = 'ucum'
),

recognised as (
    select
        {{ record_columns('components') }},
        components.component_position,
        concepts.vital,
        concepts.instrument,
        concepts.questionnaire_role,
        concepts.item_number,
        {{ observed_number(['value_quantity', 'value_integer'], relation='components') }} as measured_text,
        {{ observed_number(['value_integer', 'value_quantity'], relation='components') }} as score_text,
        components.value_codings,
        coalesce(coded_units.value, components.value_unit, components.value_unit_code) as unit_text
    from components
    inner join concepts on components.codings = concepts.codings
    left join coded_units on components.value_unit_code = coded_units.code
),

parts as (
    select
        {{ record_columns('recognised') }},
        recognised.component_position,
        recognised.vital,
        recognised.instrument,
        recognised.questionnaire_role,
        recognised.item_number,
        case
            when recognised.vital is not null then recognised.measured_text
            when recognised.score_text is not null then recognised.score_text
            when recognised.value_codings is not null then coalesce(coded_answers.response_text, '(coded)')
        end as value_text,
        recognised.unit_text
    from recognised
    left join coded_answers
        on recognised.value_codings = coded_answers.codings and recognised.instrument = coded_answers.instrument
)

select * from parts
