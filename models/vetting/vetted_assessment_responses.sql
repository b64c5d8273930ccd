with delivered as (
    select * from {{ ref('stg_ehr__assessment_responses') }}
),

parents as (
    select * from {{ ref('judged_assessments') }}
    where is_newest
),

instruments as (
    select * from {{ ref('instruments') }}
    where is_scored
),

held_against_parent as (
    select
        {{ record_columns('delivered') }},
        delivered.assessment_id,
        delivered.item_number,
        delivered.response,
        delivered.updated_at,
        delivered.is_malformed,
        delivered.missing_column,
        delivered.unparsable_column,
        parents.assessment_id is null as is_orphan,
        coalesce(parents.is_retracted, false) as is_retracted,
        instruments.n_items,
        instruments.item_min,
        instruments.item_max
    from delivered
    left join parents on delivered.site_id = parents.site_id and delivered.assessment_id = parents.assessment_id
    left join instruments on parents.instrument = instruments.instrument
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
    from held_against_parent
),

versioned as (
    select
        *,
        {{ is_newest_version('assessment_id, item_number') }} as is_newest
    from reasoned
),

vetted as (
    select
        {{ record_columns() }},
        assessment_id,
        item_number,
        response,
        reason,
        {{ record_fate(is_retracted='is_retracted') }} as fate
    from versioned
)

select * from vetted
