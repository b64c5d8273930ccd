with questionnaire_answers as (
    select * from {{ ref('stg_fhir__questionnaire_answers') }}
    where questionnaire_role = 'item'
),

observations as (
    select * from {{ ref('stg_fhir__observations') }}
    where carried = 'question'
),

observation_forms as (
    select * from {{ ref('stg_fhir__observation_forms') }}
),

parts as (
    select * from {{ ref('stg_fhir__observation_parts') }}
    where questionnaire_role = 'item'
),

status_roles as (
    select * from {{ ref('status_roles') }}
),

answered as (
    select
        {{ record_columns() }},
        true as is_part,
        answer_position,
        assessment_id,
        item_number,
        value_text as response,
        updated_text as updated_at,
        is_malformed,
        restricted_label,
        is_deleted
    from questionnaire_answers
),

observed as (
    select
        {{ record_columns('observations') }},
        false as is_part,
        cast(1 as bigint) as answer_position,
        observation_forms.assessment_id,
        coalesce(observation_forms.item_number, observations.item_number) as item_number,
        observations.value_text as response,
        observations.updated_text as updated_at,
        observations.is_malformed,
        observations.restricted_label,
        observations.is_deleted or coalesce(status_roles.is_retracting, false) as is_deleted
    from observations
    left join observation_forms
        on
            observations.site_id = observation_forms.site_id
            and observations.observation_id = observation_forms.observation_id
    left join status_roles on observations.status = status_roles.status
    where observations.questionnaire_role = 'item' and coalesce(observation_forms.is_answer, true)
),

observed_parts as (
    select
        {{ record_columns('observations') }},
        true as is_part,
        parts.component_position as answer_position,
        observation_forms.assessment_id,
        parts.item_number,
        parts.value_text as response,
        observations.updated_text as updated_at,
        observations.is_malformed,
        observations.restricted_label,
        observations.is_deleted
    from observations
    inner join parts
        on
            observations.site_id = parts.site_id
            and observations.delivered_on = parts.delivered_on
            and observations.file = parts.file
            and observations.row_number = parts.row_number
            and observations.instrument = parts.instrument
    left join observation_forms
        on
            observations.site_id = observation_forms.site_id
            and observations.observation_id = observation_forms.observation_id
    where observations.questionnaire_role <> 'item' and coalesce(observation_forms.is_answer, true)
),

answers as (
    select * from answered
    union all
    select * from observed
    union all
    select * from observed_parts
),

flat as (
    select
        {{ record_columns() }},
        is_part,
        answer_position,
        assessment_id,
        cast(item_number as string) as item_number,
        response,
        updated_at,
        is_malformed,
        restricted_label,
        is_deleted
    from answers
),

typed as (
    select
        {{ record_columns() }},
        is_part,
        answer_position,
        assessment_id,
        {{ whole_number_of('item_number') }} as item_number,
        {{ whole_number_of('response') }} as response,
        coalesce(
            {{ known_time_at('updated_at', day_of('updated_at')) }}, cast({{ day_of('updated_at') }} as timestamp)
        ) as updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        {{ first_missing_column('ehr', 'assessment_responses') }} as missing_column,
        {{ first_unparsable_column('ehr', 'assessment_responses') }} as unparsable_column
    from flat
)

select * from typed
