{{ config(materialized='table') }}

with forms as (
    select * from {{ ref('stg_fhir__questionnaire_forms') }}
),

answers as (
    select * from {{ ref('stg_fhir__answers') }}
),

meanings as (
    select * from {{ ref('stg_fhir__answer_meanings') }}
),

read_answers as (
    select
        {{ record_columns('answers') }},
        answers.answer_position,
        forms.assessment_id,
        forms.instrument,
        meanings.questionnaire_role,
        meanings.item_number,
        meanings.value_text,
        forms.updated_text,
        forms.is_malformed,
        forms.restricted_label,
        forms.is_deleted
    from answers
    inner join forms
        on
            answers.site_id = forms.site_id
            and answers.delivered_on = forms.delivered_on
            and answers.file = forms.file
            and answers.row_number = forms.row_number
    inner join meanings on answers.answer = meanings.answer and forms.instrument = meanings.instrument
    where
        (forms.is_numbered or meanings.naming <> 'number')
        and not (forms.is_total_alone and meanings.questionnaire_role = 'item')
)

select * from read_answers
