{{ config(materialized='table') }}

with source as (
    select * from {{ source('fhir', 'questionnaire_response') }}
),

questionnaires as (
    select * from {{ ref('stg_fhir__questionnaires') }}
),

answers as (
    select * from {{ ref('stg_fhir__answers') }}
),

meanings as (
    select * from {{ ref('stg_fhir__answer_meanings') }}
),

questionnaire_codes as (
    select * from {{ ref('questionnaire_codes') }}
),

short_form_items as (
    select * from {{ ref('short_form_items') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

security_labels as (
    select * from {{ ref('stg_fhir__security_labels') }}
),

deletions as (
    select * from {{ ref('stg_fhir__deletions') }}
    where resource_type = 'QuestionnaireResponse'
),

-- Questionnaires of which only some items have a code that is known.
partly_coded as (
    select instruments.instrument
    from instruments
    inner join questionnaire_codes
        on instruments.instrument = questionnaire_codes.instrument and questionnaire_codes.role = 'item'
    group by instruments.instrument
    having count(distinct questionnaire_codes.item_number) < min(instruments.n_items)
),

-- Instruments that share the codes of items are versions of one another: a form is one of them, never two.
versions as (
    select
        short_form_items.instrument,
        questionnaire_codes.instrument as other_instrument
    from short_form_items
    inner join questionnaire_codes
        on
            short_form_items.code_system = questionnaire_codes.code_system
            and short_form_items.code = questionnaire_codes.code
    union distinct
    select
        questionnaire_codes.instrument,
        short_form_items.instrument as other_instrument
    from short_form_items
    inner join questionnaire_codes
        on
            short_form_items.code_system = questionnaire_codes.code_system
            and short_form_items.code = questionnaire_codes.code
    union distinct
    select
        one.instrument,
        other.instrument as other_instrument
    from short_form_items as one
    inner join short_form_items as other on one.code_system = other.code_system and one.code = other.code
),

answered as (
    select
        {{ record_columns('answers') }},
        meanings.instrument,
        count(case when meanings.questionnaire_role = 'item' and meanings.naming <> 'number' then 1 end) as n_items,
        count(case when meanings.questionnaire_role = 'item' and meanings.naming = 'code' then 1 end) as n_coded_items,
        count(case when meanings.questionnaire_role = 'item' and not meanings.is_numbered then 1 end) as n_unnumbered_items,
        count(case when meanings.naming = 'number' then 1 end) as n_number_items,
        count(case when meanings.questionnaire_role = 'total' then 1 end) as n_totals
    from answers
    inner join meanings on answers.answer = meanings.answer
    group by {{ record_columns('answers') }}, meanings.instrument
),

-- Which instrument do the answers themselves speak for? The one that is complete, else has a total, else most answers.
ranked as (
    select
        answered.*,
        row_number() over (
            partition by {{ record_columns('answered') }}
            order by
                coalesce(answered.n_items >= instruments.n_items, false) desc,
                answered.n_totals > 0 desc,
                answered.n_items desc,
                instruments.is_scored desc,
                answered.instrument asc
        ) as instrument_rank
    from answered
    inner join instruments on answered.instrument = instruments.instrument
    where answered.n_items > 0 or answered.n_totals > 0
),

-- What the questionnaire is called counts first: the PHQ-8 has the codes of the PHQ-9.
main_forms as (
    select
        {{ record_columns('source') }},
        questionnaires.instrument_text,
        coalesce(questionnaires.instrument, ranked.instrument) as instrument
    from source
    left join questionnaires on source.questionnaire = questionnaires.questionnaire
    left join ranked
        on
            source.site_id = ranked.site_id
            and source.delivered_on = ranked.delivered_on
            and source.file = ranked.file
            and source.row_number = ranked.row_number
            and ranked.instrument_rank = 1
),

main_answered as (
    select
        {{ record_columns('main_forms') }},
        answered.instrument,
        answered.n_items,
        answered.n_coded_items,
        answered.n_unnumbered_items,
        answered.n_number_items,
        answered.n_totals
    from main_forms
    inner join answered
        on
            main_forms.site_id = answered.site_id
            and main_forms.delivered_on = answered.delivered_on
            and main_forms.file = answered.file
            and main_forms.row_number = answered.row_number
            and main_forms.instrument = answered.instrument
),

-- A questionnaire may ask several instruments in one: each further one with items of its own is a form beside it.
further as (
    select
        {{ record_columns('ranked') }},
        ranked.instrument,
        ranked.instrument_rank,
        ranked.n_items,
        ranked.n_coded_items,
        ranked.n_totals
    from ranked
    inner join main_answered
        on
            ranked.site_id = main_answered.site_id
            and ranked.delivered_on = main_answered.delivered_on
            and ranked.file = main_answered.file
            and ranked.row_number = main_answered.row_number
    left join versions on ranked.instrument = versions.instrument and main_answered.instrument = versions.other_instrument
    where
        ranked.n_items > 0
        and main_answered.n_items > 0
        and ranked.instrument <> main_answered.instrument
        and versions.instrument is null
),

further_versions as (
    select
        {{ record_columns('further') }},
        further.instrument
    from further
    inner join further as better
        on
            further.site_id = better.site_id
            and further.delivered_on = better.delivered_on
            and further.file = better.file
            and further.row_number = better.row_number
            and further.instrument_rank > better.instrument_rank
    inner join versions on further.instrument = versions.instrument and better.instrument = versions.other_instrument
    group by {{ record_columns('further') }}, further.instrument
),

placed as (
    select
        {{ record_columns('main_forms') }},
        false as is_part,
        main_forms.instrument,
        coalesce(main_forms.instrument, main_forms.instrument_text) as instrument_text,
        coalesce(main_answered.n_unnumbered_items, 0) = 0 as is_numbered,
        coalesce(
            main_answered.n_totals > 0
            and main_answered.n_items > 0
            and main_answered.n_items = main_answered.n_coded_items
            and (main_answered.n_unnumbered_items > 0 or main_answered.n_number_items = 0),
            false
        ) as is_coded_with_total
    from main_forms
    left join main_answered
        on
            main_forms.site_id = main_answered.site_id
            and main_forms.delivered_on = main_answered.delivered_on
            and main_forms.file = main_answered.file
            and main_forms.row_number = main_answered.row_number
    union all
    select
        {{ record_columns('further') }},
        true as is_part,
        further.instrument,
        further.instrument as instrument_text,
        false as is_numbered,
        further.n_totals > 0 and further.n_items = further.n_coded_items as is_coded_with_total
    from further
    left join further_versions
        on
            further.site_id = further_versions.site_id
            and further.delivered_on = further_versions.delivered_on
            and further.file = further_versions.file
            and further.row_number = further_versions.row_number
            and further.instrument = further_versions.instrument
    where further_versions.instrument is null
),

forms as (
    select
        {{ record_columns('source') }},
        placed.is_part,
        source.id || case when placed.is_part then '#' || placed.instrument else '' end as assessment_id,
        {{ referenced_id('source.patient', 'Patient') }} as patient_id,
        placed.instrument,
        placed.instrument_text,
        placed.is_numbered,
        placed.is_coded_with_total and partly_coded.instrument is not null as is_total_alone,
        source.status,
        {{ local_text('source.authored', 'site_time_zones.time_zone') }} as authored_text,
        {{ reference_type('source.source') }} as answering_type,
        {{ local_text('source.last_updated', 'site_time_zones.time_zone') }} as updated_text,
        source.is_malformed,
        security_labels.restricted_label,
        coalesce(deletions.deleted_on >= source.delivered_on, false) as is_deleted
    from source
    inner join placed
        on
            source.site_id = placed.site_id
            and source.delivered_on = placed.delivered_on
            and source.file = placed.file
            and source.row_number = placed.row_number
    left join partly_coded on placed.instrument = partly_coded.instrument
    left join site_time_zones on source.site_id = site_time_zones.site_id
    left join security_labels on source.security_codings = security_labels.security_codings
    left join deletions on source.site_id = deletions.site_id and source.id = deletions.resource_id
    -- Without an id there is one record, which misses it, and nothing that its parts could be called.
    where source.id is not null or not placed.is_part
)

select * from forms
