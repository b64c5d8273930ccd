{{ config(materialized='table') }}

with observations as (
    select * from {{ ref('stg_fhir__observations') }}
    where carried = 'question' and observation_id is not null
),

codings as (
    select * from {{ ref('stg_fhir__codings') }}
),

short_form_items as (
    select * from {{ ref('short_form_items') }}
),

questionnaire_codes as (
    select * from {{ ref('questionnaire_codes') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

status_roles as (
    select * from {{ ref('status_roles') }}
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

typed as (
    select
        {{ record_columns() }},
        observation_id,
        patient_id,
        status,
        instrument,
        questionnaire_role,
        item_number,
        codings,
        value_text is not null as has_value,
        n_item_parts > 0 as has_item_parts,
        coalesce(
            {{ known_time_at('effective_text', day_of('effective_text')) }},
            cast({{ day_of('effective_text') }} as timestamp)
        ) as effective_at,
        effective_text,
        has_member,
        derived_from,
        is_deleted,
        coalesce(
            {{ known_time_at('updated_text', day_of('updated_text')) }},
            cast({{ day_of('updated_text') }} as timestamp)
        ) as updated_at
    from observations
),

versioned as (
    select
        *,
        row_number() over (
            partition by site_id, observation_id
            order by updated_at desc nulls last, delivered_on desc, file desc, row_number desc
        ) as version_rank
    from typed
),

-- The newest version says to which form an observation belongs; its older versions go with it.
newest as (
    select
        versioned.site_id,
        versioned.observation_id,
        versioned.patient_id,
        versioned.instrument,
        versioned.questionnaire_role,
        versioned.item_number,
        versioned.codings,
        versioned.has_item_parts,
        versioned.has_value,
        -- Who speaks for a form: a panel with answers of its own, a total, a panel with a value, a panel, an item.
        case
            when versioned.questionnaire_role = 'item' then 5
            when versioned.has_item_parts then 1
            when versioned.questionnaire_role = 'total' then 2
            when versioned.has_value then 3
            else 4
        end as leader_rank,
        case versioned.questionnaire_role when 'panel' then 1 when 'total' then 2 else 3 end as nesting_rank,
        coalesce(cast(versioned.effective_at as string), versioned.effective_text, '') as moment_text,
        versioned.has_member,
        versioned.derived_from,
        coalesce(status_roles.is_retracting, false) or versioned.is_deleted as is_retracting
    from versioned
    left join status_roles on versioned.status = status_roles.status
    where versioned.version_rank = 1
),

origins as (
    select
        site_id,
        observation_id,
        {{ reference_type(json_text('origin', '$')) }} as origin_type,
        {{ reference_id(json_text('origin', '$')) }} as origin_id,
        origin_position
    from {{ json_rows('newest', ['site_id', 'observation_id'], 'derived_from', 'origin', 'origin_position') }} as elements
),

ranked_questionnaires as (
    select
        *,
        row_number() over (partition by site_id, observation_id order by origin_position) as questionnaire_rank
    from origins
    where origin_type = 'QuestionnaireResponse'
),

questionnaires as (
    select
        site_id,
        observation_id,
        origin_id as questionnaire_response_id
    from ranked_questionnaires
    where questionnaire_rank = 1
),

listed as (
    select
        site_id,
        observation_id as listing_id,
        {{ referenced_id(json_text('member', '$'), 'Observation') }} as observation_id
    from {{ json_rows(
        'newest', ['site_id', 'observation_id', 'questionnaire_role'], 'has_member', 'member', 'member_position'
    ) }} as elements
    where questionnaire_role <> 'item'
    union all
    select
        newest.site_id,
        newest.observation_id as listing_id,
        origins.origin_id as observation_id
    from newest
    inner join origins on newest.site_id = origins.site_id and newest.observation_id = origins.observation_id
    where newest.questionnaire_role <> 'item' and origins.origin_type in ('Observation', '?')
),

-- A panel lists totals and items, a total lists items; of several the panel counts, then the smallest id.
memberships as (
    select
        listed.site_id,
        listed.observation_id,
        listed.listing_id,
        row_number() over (
            partition by listed.site_id, listed.observation_id
            order by listing.nesting_rank, listed.listing_id
        ) as listing_rank
    from listed
    inner join newest as listing on listed.site_id = listing.site_id and listed.listing_id = listing.observation_id
    inner join newest as member on listed.site_id = member.site_id and listed.observation_id = member.observation_id
    where listing.nesting_rank < member.nesting_rank
    group by listed.site_id, listed.observation_id, listed.listing_id, listing.nesting_rank
),

parents as (
    select * from memberships
    where listing_rank = 1
),

listers as (
    select
        site_id,
        listing_id
    from parents
    group by site_id, listing_id
),

linked as (
    select
        newest.*,
        coalesce(
            own_questionnaires.questionnaire_response_id,
            parent_questionnaires.questionnaire_response_id,
            grandparent_questionnaires.questionnaire_response_id
        ) as questionnaire_response_id,
        coalesce(grandparents.listing_id, parents.listing_id, listers.listing_id) as root_id
    from newest
    left join parents on newest.site_id = parents.site_id and newest.observation_id = parents.observation_id
    left join parents as grandparents
        on parents.site_id = grandparents.site_id and parents.listing_id = grandparents.observation_id
    left join listers on newest.site_id = listers.site_id and newest.observation_id = listers.listing_id
    left join questionnaires as own_questionnaires
        on newest.site_id = own_questionnaires.site_id and newest.observation_id = own_questionnaires.observation_id
    left join questionnaires as parent_questionnaires
        on parents.site_id = parent_questionnaires.site_id and parents.listing_id = parent_questionnaires.observation_id
    left join questionnaires as grandparent_questionnaires
        on
            grandparents.site_id = grandparent_questionnaires.site_id
            and grandparents.listing_id = grandparent_questionnaires.observation_id
),

named as (
    select
        *,
        case
            when questionnaire_response_id is not null then 'QuestionnaireResponse/' || questionnaire_response_id
            when root_id is not null then 'Observation/' || root_id
        end as group_name
    from linked
),

compared as (
    select
        *,
        min(group_name) over same_moment as first_group_name,
        max(group_name) over same_moment as last_group_name,
        min(questionnaire_response_id) over same_moment as moment_questionnaire_response_id
    from named
    window same_moment as (partition by site_id, patient_id, instrument, moment_text)
),

-- What nothing links belongs to the one form of its patient, instrument and moment, or makes one.
grouped as (
    select
        site_id,
        observation_id,
        instrument,
        questionnaire_role,
        item_number,
        codings,
        has_item_parts,
        has_value,
        leader_rank,
        is_retracting,
        case
            when group_name is not null then questionnaire_response_id
            when first_group_name = last_group_name then moment_questionnaire_response_id
        end as questionnaire_response_id,
        coalesce(
            group_name,
            case when first_group_name = last_group_name then first_group_name end,
            'Patient/' || coalesce(patient_id, '') || '/' || moment_text
        ) as group_name
    from compared
),

spoken_for as (
    select
        site_id,
        group_name,
        instrument
    from grouped
    where questionnaire_role <> 'item'
    group by site_id, group_name, instrument
),

-- An item that a short form shares belongs to the short form where that is the one that was scored.
short_forms as (
    select
        grouped.site_id,
        grouped.observation_id,
        min(short_form_items.instrument) as instrument,
        min(short_form_items.item_number) as item_number
    from grouped
    inner join codings on grouped.codings = codings.codings
    inner join short_form_items
        on codings.code_system = short_form_items.code_system and codings.code = short_form_items.code
    inner join spoken_for
        on
            grouped.site_id = spoken_for.site_id
            and grouped.group_name = spoken_for.group_name
            and short_form_items.instrument = spoken_for.instrument
    left join spoken_for as full_form
        on
            grouped.site_id = full_form.site_id
            and grouped.group_name = full_form.group_name
            and grouped.instrument = full_form.instrument
    where grouped.questionnaire_role = 'item' and full_form.instrument is null
    group by grouped.site_id, grouped.observation_id
),

settled as (
    select
        grouped.site_id,
        grouped.observation_id,
        grouped.group_name,
        coalesce(short_forms.instrument, grouped.instrument) as instrument,
        grouped.questionnaire_role,
        coalesce(short_forms.item_number, grouped.item_number) as item_number,
        grouped.has_item_parts,
        grouped.has_value,
        grouped.leader_rank,
        grouped.is_retracting,
        grouped.questionnaire_response_id
    from grouped
    left join short_forms
        on grouped.site_id = short_forms.site_id and grouped.observation_id = short_forms.observation_id
),

led as (
    select
        site_id,
        observation_id,
        instrument,
        questionnaire_role,
        item_number,
        has_item_parts,
        has_value,
        is_retracting,
        first_value(observation_id) over of_form as leader_id,
        first_value(questionnaire_role) over of_form as leader_role,
        first_value(is_retracting) over of_form as is_leader_retracting,
        max(case when questionnaire_role <> 'item' and has_value and not is_retracting then 1 else 0 end) over (
            partition by site_id, group_name, instrument
        ) = 1 as has_score,
        questionnaire_response_id
    from settled
    window of_form as (
        partition by site_id, group_name, instrument
        order by is_retracting, leader_rank, observation_id
    )
),

-- An answer that was taken back alone stands apart, so that it takes nothing with it that replaced it.
-- One coded item beside a total would make a form of twenty look as if nineteen had been left out.
placed as (
    select
        led.site_id,
        led.observation_id,
        led.instrument,
        led.item_number,
        led.leader_id,
        case
            when led.questionnaire_role = 'item' then false
            else
                led.questionnaire_role = 'total'
                or led.leader_id = led.observation_id
                or led.has_item_parts
                or (led.has_value and led.leader_role <> 'total')
        end as is_form,
        led.questionnaire_role = 'item'
        and (led.leader_id = led.observation_id or (led.is_retracting and not led.is_leader_retracting)) as is_first_of_items,
        partly_coded.instrument is null or not led.has_score or led.is_retracting as is_answer,
        led.questionnaire_response_id
    from led
    left join partly_coded on led.instrument = partly_coded.instrument
),

observation_forms as (
    select
        site_id,
        observation_id,
        'Observation/' || case when is_form or is_first_of_items then observation_id else leader_id end as assessment_id,
        instrument,
        item_number,
        is_form,
        is_first_of_items,
        is_answer,
        questionnaire_response_id
    from placed
)

select * from observation_forms
