with assessments as (
    select * from {{ ref('assessments') }}
),

assessment_items as (
    select * from {{ ref('assessment_items') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

instrument_items as (
    select * from {{ ref('instrument_items') }}
),

status_roles as (
    select * from {{ ref('status_roles') }}
),

item_clusters as (
    select * from {{ ref('item_clusters') }}
),

-- Items of one group count by their maximum: the QIDS-SR16 takes the worst of its sleep items.
grouped_items as (
    select
        assessment_items.assessment_key,
        count(*) as n_answered,
        sum(assessment_items.response) as answered_total,
        max(assessment_items.response) as group_score,
        max(case when instrument_items.is_sensitive then assessment_items.response end) as sensitive_response
    from assessment_items
    inner join assessments on assessment_items.assessment_key = assessments.assessment_key
    left join instrument_items
        on
            assessments.instrument = instrument_items.instrument
            and assessment_items.item_number = instrument_items.item_number
    group by
        assessment_items.assessment_key,
        coalesce(instrument_items.score_group, cast(assessment_items.item_number as string))
),

answers as (
    select
        assessment_key,
        sum(n_answered) as n_items_answered,
        sum(answered_total) as answered_total,
        sum(group_score) as items_score,
        max(sensitive_response) as item9_score
    from grouped_items
    group by assessment_key
),

clusters as (
    select
        assessment_key,
        max(case when cluster = 'B' then cluster_score end) as score_b,
        max(case when cluster = 'C' then cluster_score end) as score_c,
        max(case when cluster = 'D' then cluster_score end) as score_d,
        max(case when cluster = 'E' then cluster_score end) as score_e,
        bool_and(is_prorating_allowed) as is_prorating_allowed,
        case
            when bool_and(is_pattern_met) then 'met'
            when bool_and(is_pattern_possible) then 'indeterminate'
            else 'not_met'
        end as dsm5_pattern
    from item_clusters
    group by assessment_key
),

sourced as (
    select
        assessments.*,
        instruments.is_scored,
        instruments.n_items,
        instruments.proration_min_answered,
        coalesce(status_roles.is_completed_form, false) as is_completed_form,
        coalesce(answers.n_items_answered, 0) as n_items_answered,
        answers.answered_total,
        answers.items_score,
        answers.item9_score,
        case
            when not coalesce(instruments.is_scored, false) then null
            when coalesce(answers.n_items_answered, 0) = instruments.n_items then 'items'
            when coalesce(answers.n_items_answered, 0) = 0 and assessments.total_score is not null then 'reported'
            else 'incomplete'
        end as score_source
    from assessments
    left join instruments on assessments.instrument = instruments.instrument
    left join status_roles on assessments.status = status_roles.status
    left join answers on assessments.assessment_key = answers.assessment_key
),

scored as (
    select
        sourced.*,
        case
            when sourced.score_source = 'items' then cast(sourced.items_score as bigint)
            when sourced.score_source = 'reported' then sourced.total_score
        end as score,
        case
            when
                sourced.score_source = 'incomplete'
                and sourced.n_items_answered >= sourced.proration_min_answered
                and coalesce(clusters.is_prorating_allowed, true)
                then cast(sourced.answered_total as double) / sourced.n_items_answered * sourced.n_items
        end as prorated_score,
        clusters.score_b,
        clusters.score_c,
        clusters.score_d,
        clusters.score_e,
        clusters.dsm5_pattern
    from sourced
    left join clusters on sourced.assessment_key = clusters.assessment_key
),

scored_assessments as (
    select
        patient_key,
        assessment_key,
        instrument,
        score,
        score_source,
        prorated_score,
        cast(n_items_answered as bigint) as n_items_answered,
        is_completed_form and completed_on is not null and score is not null as is_valid,
        coalesce(score_source = 'items' and total_score <> score, false) as is_total_mismatch,
        completed_on is not null as has_completion_day,
        started_on is not null or completed_on is not null as is_started,
        is_completed_form and completed_on is not null as is_completed,
        recall_days,
        score_b,
        score_c,
        score_d,
        score_e,
        dsm5_pattern,
        case when instrument = 'PHQ-9' then item9_score end as item9_score
    from scored
)

select * from scored_assessments
