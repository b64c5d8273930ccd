with vetted_assessments as (
    select * from {{ ref('vetted_assessments') }}
    where fate = 'accepted'
),

vetted_assessment_responses as (
    select * from {{ ref('vetted_assessment_responses') }}
    where fate = 'accepted' and response is not null
),

forms as (
    select
        site_id,
        assessment_id,
        coalesce(instrument, 'unknown') as instrument,
        completed_on,
        n_items_answered
    from vetted_assessments
),

answered as (
    select
        *,
        row_number() over (
            partition by site_id, instrument
            order by completed_on desc nulls last, assessment_id desc
        ) as newest_rank
    from forms
    where n_items_answered > 0
),

form_counts as (
    select
        site_id,
        instrument,
        count(*) as n_forms,
        cast(count_if(n_items_answered > 0) as bigint) as n_answered
    from forms
    group by site_id, instrument
),

answers as (
    select
        answered.site_id,
        answered.instrument,
        answered.newest_rank,
        try_cast(vetted_assessment_responses.item_number as bigint) as item_number
    from answered
    inner join vetted_assessment_responses
        on
            answered.site_id = vetted_assessment_responses.site_id
            and answered.assessment_id = vetted_assessment_responses.assessment_id
),

item_counts as (
    select
        site_id,
        instrument,
        item_number,
        count(*) as n
    from answers
    where item_number is not null
    group by site_id, instrument, item_number
),

-- A skipped item comes back within a few forms; one that was taken out of the questionnaire does not.
newest_items as (
    select
        site_id,
        instrument,
        count(distinct item_number) as n
    from answers
    where newest_rank <= {{ var('site_forms_min') }}
    group by site_id, instrument
),

profiled as (
    select
        site_id,
        instrument,
        'forms' as detail,
        cast(n_forms as double) as profiled_value,
        n_forms as n,
        cast(null as bigint) as n_of
    from form_counts
    union all
    select
        item_counts.site_id,
        item_counts.instrument,
        'answers of item ' || cast(item_counts.item_number as string) as detail,
        {{ share('item_counts.n', 'form_counts.n_answered') }} as profiled_value,
        item_counts.n,
        form_counts.n_answered as n_of
    from item_counts
    inner join form_counts
        on item_counts.site_id = form_counts.site_id and item_counts.instrument = form_counts.instrument
    union all
    select
        newest_items.site_id,
        newest_items.instrument,
        'items of the newest forms' as detail,
        cast(newest_items.n as double) as profiled_value,
        newest_items.n,
        cast(null as bigint) as n_of
    from newest_items
    inner join form_counts
        on newest_items.site_id = form_counts.site_id and newest_items.instrument = form_counts.instrument
    where form_counts.n_answered >= {{ var('site_forms_min') }}
),

profiled_questionnaires as (
    select
        'questionnaire' as kind,
        site_id,
        'all' as study_id,
        instrument as subject,
        detail,
        'all' as period,
        profiled_value,
        n,
        n_of
    from profiled
)

select * from profiled_questionnaires
