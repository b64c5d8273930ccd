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
        {{ record_columns() }},
        case
            when role = 'total' then result_id
            when role = 'panel' and (not is_placed or result_id is null) then result_id
            when is_placed then leader_id
        end as assessment_id,
        patient_id,
        instrument,
        role,
        item_number,
        completed_at_text,
        value_text,
        is_placed,
        -- A panel beside a total, or beside another panel that leads, carries nothing.
        role = 'total'
        or (role = 'panel' and (not is_placed or result_id is null or result_id = leader_id)) as is_form,
        coalesce(role = 'item' and is_placed and leader_order = 4 and result_id = leader_id, false) as is_form_part
    from led
)

select * from survey_rows
