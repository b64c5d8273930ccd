with judged as (
    select * from {{ ref('judged_assessments') }}
),

responses as (
    select * from {{ ref('vetted_assessment_responses') }}
),

answers as (
    select
        site_id,
        assessment_id,
        count(*) as n_items_answered
    from responses
    where fate = 'accepted'
    group by site_id, assessment_id
),

counted as (
    select
        judged.*,
        coalesce(answers.n_items_answered, 0) as n_items_answered,
        case
            when judged.is_instrument_unmapped then {{ normalised_text('judged.instrument_text') }}
            else judged.instrument
        end as instrument_key
    from judged
    left join answers on judged.site_id = answers.site_id and judged.assessment_id = answers.assessment_id
),

-- Two forms of one patient, instrument and moment are one event; the fuller one stays, then the smallest id.
ranked as (
    select
        *,
        row_number() over (
            partition by
                site_id,
                surviving_patient_id,
                reason is null and not is_retracted and is_newest,
                instrument_key,
                completed_on,
                completed_at
            order by
                n_items_answered desc, assessment_id asc nulls last, delivered_on desc, file desc, row_number desc
        ) as rank_among_equals
    from counted
),

vetted as (
    select
        *,
        {{ record_fate(
            is_retracted='is_retracted', is_duplicate='(completed_on is not null and rank_among_equals > 1)'
        ) }} as fate
    from ranked
)

select * from vetted
