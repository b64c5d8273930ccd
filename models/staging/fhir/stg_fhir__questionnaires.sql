{{ config(materialized='table') }}

with source as (
    select * from {{ source('fhir', 'questionnaire_response') }}
),

known_questionnaires as (
    select * from {{ ref('questionnaires') }}
),

instrument_aliases as (
    select * from {{ ref('value_aliases') }}
    where field = 'instrument'
),

canonicals as (
    select
        questionnaire,
        {{ remove_matches('questionnaire', '/*([|].*)?$') }} as canonical
    from source
    where questionnaire is not null
    group by questionnaire
),

named as (
    select
        questionnaire,
        canonical,
        nullif({{ remove_matches('canonical', '^.*/') }}, '') as last_segment
    from canonicals
),

aliased as (
    select
        {{ alias_key('alias') }} as alias_key,
        min(value) as instrument
    from instrument_aliases
    group by {{ alias_key('alias') }}
),

questionnaires as (
    select
        named.questionnaire,
        named.last_segment as instrument_text,
        coalesce(known_questionnaires.instrument, aliased.instrument) as instrument
    from named
    left join known_questionnaires on lower(named.canonical) = lower(known_questionnaires.canonical)
    left join aliased on {{ alias_key('named.last_segment') }} = aliased.alias_key
)

select * from questionnaires
