with delivered as (
    select * from {{ ref('delivered_assessment_responses') }}
),

judged_assessments as (
    select * from {{ ref('judged_assessments') }}
),

instruments as (
    select * from {{ ref('instruments') }}
    where is_scored
),

newest_forms as (
    select * from judged_assessments
    where is_newest
),

-- An answer inside a form belongs to the version of the form on its own line, any other answer to the newest version.
placed as (
    select
        {{ record_columns('delivered') }},
        coalesce(delivered.is_part, false) as is_part,
        delivered.answer_position,
        delivered.assessment_id,
        delivered.item_number,
        delivered.response,
        coalesce(delivered.is_deleted, false) as is_retracting,
        delivered.updated_at,
        delivered.is_malformed,
        delivered.restricted_label,
        delivered.missing_column,
        delivered.unparsable_column,
        case
            when coalesce(delivered.is_part, false) then own_forms.reason is not null or own_forms.assessment_id is null
            else newest_forms.assessment_id is null
        end as is_orphan,
        coalesce(own_forms.is_newest, true) as is_of_newest_form,
        coalesce(own_forms.is_retracted, newest_forms.is_retracted, false) as is_form_retracted,
        coalesce(own_forms.instrument, newest_forms.instrument) as instrument
    from delivered
    left join newest_forms
        on
            not coalesce(delivered.is_part, false)
            and delivered.site_id = newest_forms.site_id
            and delivered.assessment_id = newest_forms.assessment_id
    left join judged_assessments as own_forms
        on
            coalesce(delivered.is_part, false)
            and delivered.assessment_id = own_forms.assessment_id
            and delivered.site_id = own_forms.site_id
            and delivered.delivered_on = own_forms.delivered_on
            and delivered.file = own_forms.file
            and delivered.row_number = own_forms.row_number
),

held_against_form as (
    select
        placed.*,
        instruments.n_items,
        instruments.item_min,
        instruments.item_max
    from placed
    left join instruments on placed.instrument = instruments.instrument
),

reasoned as (
    select
        *,
        case
            {{ first_problem() }}
            when item_number < 1 and n_items is not null or item_number > n_items then 'out_of_range:item_number'
            when response < item_min or response > item_max then 'out_of_range:response'
            when is_orphan then 'orphan:assessment_id'
        end as reason
    from held_against_form
),

versioned as (
    select
        *,
        is_of_newest_form
        and {{ is_newest_version('assessment_id, item_number, is_of_newest_form', last_order='answer_position') }} as is_newest
    from reasoned
),

retracted as (
    select
        *,
        is_form_retracted or {{ is_newest_retracted('assessment_id, item_number') }} as is_retracted
    from versioned
),

vetted as (
    select
        {{ record_columns() }},
        is_part,
        answer_position,
        assessment_id,
        item_number,
        response,
        reason,
        {{ record_fate(is_retracted='is_retracted') }} as fate
    from retracted
)

select * from vetted
