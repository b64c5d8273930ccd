{#- The rows of one form: one person, questionnaire and moment, or day where no time is known. -#}
{%- set same_form = 'site_id, patient_id, instrument, completed_on, completed_at' -%}
{{ config(materialized='table') }}

with results as (
    select * from {{ ref('stg_omop__results') }}
    where role is not null
),

concepts as (
    select * from {{ ref('stg_omop__concepts') }}
),

answer_codes as (
    select * from {{ ref('answer_codes') }}
),

questionnaire_codes as (
    select * from {{ ref('questionnaire_codes') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

-- Questionnaires of which only some items have a code.
partly_coded as (
    select instruments.instrument
    from instruments
    inner join questionnaire_codes on instruments.instrument = questionnaire_codes.instrument and questionnaire_codes.role = 'item'
    group by instruments.instrument
    having count(distinct questionnaire_codes.item_number) < min(instruments.n_items)
),

answered as (
    select
        {{ record_columns('results') }},
        results.result_id,
        results.patient_id,
        results.instrument,
        results.role,
        results.item_number,
        results.result_at_text as completed_at_text,
        {{ day_of('results.result_at_text') }} as completed_on,
        {{ known_time_at('results.result_at_text', day_of('results.result_at_text')) }} as completed_at,
        case
            when results.role <> 'item' then results.number_text
            else coalesce(
                results.value_as_number,
                cast(answer_codes.response as string),
                results.number_text,
                -- An answer that is no number by any rule.
                case when {{ concept_key('results.value_as_concept_id', site_id='results.site_id') }} is not null then '(concept)' end
            )
        end as value_text
    from results
    left join concepts
        on {{ concept_key('results.value_as_concept_id', site_id='results.site_id') }} = concepts.concept_key
    left join answer_codes
        on
            results.instrument = answer_codes.instrument
            and concepts.code_system = answer_codes.code_system
            and concepts.code = answer_codes.code
),

levelled as (
    select
        *,
        patient_id is not null and completed_on is not null as is_placed,
        case
            when role = 'total' then 1
            when role = 'panel' and value_text is not null then 2
            when role = 'panel' then 3
            else 4
        end as leading_order
    from answered
),

led as (
    select
        *,
        max(case when role <> 'item' and value_text is not null then 1 else 0 end) over (partition by {{ same_form }}) as has_total,
        min(case when result_id is not null then leading_order end) over (partition by {{ same_form }}) as leader_order,
        first_value(result_id) over (
            partition by {{ same_form }}
            order by case when result_id is null then 1 else 0 end, leading_order, result_id
            rows between unbounded preceding and unbounded following
        ) as leader_id
    from levelled
),

survey_rows as (
    select
        {{ record_columns('led') }},
        case
            when led.role = 'total' then led.result_id
            when led.role = 'panel' and (not led.is_placed or led.result_id is null) then led.result_id
            when led.is_placed then led.leader_id
        end as assessment_id,
        led.patient_id,
        led.instrument,
        led.role,
        led.item_number,
        led.completed_at_text,
        led.value_text,
        led.is_placed,
        -- A panel beside a total, or beside another panel that leads, carries nothing.
        led.role = 'total'
        or (
            led.role = 'panel' and (not led.is_placed or led.result_id is null or led.result_id = led.leader_id)
        ) as is_form,
        coalesce(
            led.role = 'item' and led.is_placed and led.leader_order = 4 and led.result_id = led.leader_id, false
        ) as is_form_part,
        -- One coded item beside a total would make a form of twenty look as if nineteen had been left out.
        led.role = 'item' and not (led.is_placed and led.has_total = 1 and partly_coded.instrument is not null) as is_answer
    from led
    left join partly_coded on led.instrument = partly_coded.instrument
)

select * from survey_rows
