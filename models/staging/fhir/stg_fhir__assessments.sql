with questionnaire_forms as (
    select * from {{ ref('stg_fhir__questionnaire_forms') }}
),

questionnaire_answers as (
    select * from {{ ref('stg_fhir__questionnaire_answers') }}
    where questionnaire_role = 'total'
),

observations as (
    select * from {{ ref('stg_fhir__observations') }}
    where carried = 'question'
),

observation_forms as (
    select * from {{ ref('stg_fhir__observation_forms') }}
),

status_roles as (
    select * from {{ ref('status_roles') }}
),

answering_sources as (
    select * from {{ ref('answering_sources') }}
),

ranked_totals as (
    select
        *,
        row_number() over (
            partition by {{ record_columns() }}, instrument
            order by answer_position
        ) as total_rank
    from questionnaire_answers
),

totals as (
    select * from ranked_totals
    where total_rank = 1
),

questionnaires as (
    select
        {{ record_columns('questionnaire_forms') }},
        questionnaire_forms.is_part,
        questionnaire_forms.assessment_id,
        questionnaire_forms.patient_id,
        questionnaire_forms.instrument_text as instrument,
        case
            when coalesce(status_roles.is_completed_form, questionnaire_forms.status is null) then questionnaire_forms.authored_text
        end as completed_at,
        case
            when not coalesce(status_roles.is_completed_form, questionnaire_forms.status is null) then questionnaire_forms.authored_text
        end as started_at,
        totals.value_text as total_score,
        questionnaire_forms.status,
        answering_sources.channel,
        false as is_from_observations,
        cast(null as string) as derived_from_assessment_id,
        questionnaire_forms.updated_text as updated_at,
        questionnaire_forms.is_malformed,
        questionnaire_forms.restricted_label,
        questionnaire_forms.is_deleted
    from questionnaire_forms
    left join totals
        on
            questionnaire_forms.site_id = totals.site_id
            and questionnaire_forms.delivered_on = totals.delivered_on
            and questionnaire_forms.file = totals.file
            and questionnaire_forms.row_number = totals.row_number
            and questionnaire_forms.instrument = totals.instrument
    left join status_roles on questionnaire_forms.status = status_roles.status
    left join answering_sources on questionnaire_forms.answering_type = answering_sources.resource_type
),

-- A total or a panel is a form itself; where there are only items, the first of them brings it along.
observed as (
    select
        {{ record_columns('observations') }},
        observations.questionnaire_role = 'item' as is_part,
        observation_forms.assessment_id,
        observations.patient_id,
        coalesce(observation_forms.instrument, observations.instrument) as instrument,
        observations.effective_text as completed_at,
        cast(null as string) as started_at,
        case when observations.questionnaire_role <> 'item' then observations.value_text end as total_score,
        observations.status,
        cast(null as string) as channel,
        true as is_from_observations,
        observation_forms.questionnaire_response_id as derived_from_assessment_id,
        observations.updated_text as updated_at,
        observations.is_malformed,
        observations.restricted_label,
        observations.is_deleted
    from observations
    left join observation_forms
        on
            observations.site_id = observation_forms.site_id
            and observations.observation_id = observation_forms.observation_id
    where
        observations.questionnaire_role = 'total'
        or (observations.questionnaire_role = 'panel' and coalesce(observation_forms.is_form, true))
        or (observations.questionnaire_role = 'item' and observation_forms.is_first_of_items)
),

forms as (
    select * from questionnaires
    union all
    select * from observed
),

flat as (
    select
        *,
        cast(null as string) as recall_days,
        cast(null as string) as sent_at
    from forms
),

typed as (
    select
        {{ record_columns() }},
        is_part,
        assessment_id,
        patient_id,
        instrument as instrument_text,
        {{ whole_number_of('recall_days') }} as recall_days,
        {{ day_of('sent_at') }} as sent_on,
        {{ day_of('started_at') }} as started_on,
        {{ day_of('completed_at') }} as completed_on,
        {{ known_time_at('completed_at', day_of('completed_at')) }} as completed_at,
        {{ whole_number_of('total_score') }} as total_score,
        status as status_text,
        channel,
        is_from_observations,
        derived_from_assessment_id,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        {{ first_missing_column('ehr', 'assessments') }} as missing_column,
        {{ first_unparsable_column('ehr', 'assessments') }} as unparsable_column
    from flat
)

select * from typed
