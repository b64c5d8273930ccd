with assessments as (
    select * from {{ ref('assessments') }}
),

assessment_items as (
    select * from {{ ref('assessment_items') }}
),

instrument_items as (
    select * from {{ ref('instrument_items') }}
),

instrument_clusters as (
    select * from {{ ref('instrument_clusters') }}
),

cluster_sizes as (
    select
        instrument,
        cluster,
        count(*) as n_items
    from instrument_items
    where cluster is not null
    group by instrument, cluster
),

answered as (
    select
        assessments.assessment_key,
        instrument_items.cluster,
        count(*) as n_answered,
        sum(assessment_items.response) as answered_total,
        count_if(assessment_items.response >= instrument_clusters.endorsed_from_response) as n_endorsed
    from assessments
    inner join assessment_items on assessments.assessment_key = assessment_items.assessment_key
    inner join instrument_items
        on
            assessments.instrument = instrument_items.instrument
            and assessment_items.item_number = instrument_items.item_number
    inner join instrument_clusters
        on
            instrument_items.instrument = instrument_clusters.instrument
            and instrument_items.cluster = instrument_clusters.cluster
    group by assessments.assessment_key, instrument_items.cluster
),

-- Every cluster of the instrument has a row, also one in which nothing was answered.
item_clusters as (
    select
        assessments.assessment_key,
        instrument_clusters.cluster,
        cluster_sizes.n_items - coalesce(answered.n_answered, 0) as n_missing,
        case when answered.n_answered = cluster_sizes.n_items then cast(answered.answered_total as bigint) end as cluster_score,
        cluster_sizes.n_items - coalesce(answered.n_answered, 0) <= instrument_clusters.max_missing_when_prorated
            as is_prorating_allowed,
        coalesce(answered.n_endorsed, 0) >= instrument_clusters.dsm5_min_endorsed as is_pattern_met,
        coalesce(answered.n_endorsed, 0) + cluster_sizes.n_items - coalesce(answered.n_answered, 0)
        >= instrument_clusters.dsm5_min_endorsed as is_pattern_possible
    from assessments
    inner join instrument_clusters on assessments.instrument = instrument_clusters.instrument
    inner join cluster_sizes
        on
            instrument_clusters.instrument = cluster_sizes.instrument
            and instrument_clusters.cluster = cluster_sizes.cluster
    left join answered
        on
            assessments.assessment_key = answered.assessment_key
            and instrument_clusters.cluster = answered.cluster
)

select * from item_clusters
