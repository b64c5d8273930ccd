with files as (
    select * from {{ source('deliveries', 'files') }}
),

record_fates as (
    select * from {{ ref('record_fates') }}
),

fate_counts as (
    select
        site_id,
        delivered_on,
        file,
        count_if(fate = 'accepted') as accepted,
        count_if(fate = 'superseded') as superseded,
        count_if(fate = 'duplicate') as duplicate,
        count_if(fate = 'retracted') as retracted,
        count_if(fate = 'quarantined') as quarantined
    from record_fates
    group by site_id, delivered_on, file
),

-- What the reader counted stands on one side, what became of the records on the other.
row_accounting as (
    select
        files.site_id,
        files.delivered_on,
        files.file,
        files.table_name,
        files.n_records as records_read,
        cast(coalesce(fate_counts.accepted, 0) as bigint) as accepted,
        cast(coalesce(fate_counts.superseded, 0) as bigint) as superseded,
        cast(coalesce(fate_counts.duplicate, 0) as bigint) as duplicate,
        cast(coalesce(fate_counts.retracted, 0) as bigint) as retracted,
        cast(coalesce(fate_counts.quarantined, 0) as bigint) as quarantined,
        files.n_records
        = coalesce(
            fate_counts.accepted
            + fate_counts.superseded
            + fate_counts.duplicate
            + fate_counts.retracted
            + fate_counts.quarantined,
            0
        ) as is_balanced
    from files
    left join fate_counts
        on
            files.site_id = fate_counts.site_id
            and files.delivered_on = fate_counts.delivered_on
            and files.file = fate_counts.file
)

select * from row_accounting
