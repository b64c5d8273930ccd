with refused as (
    select * from {{ source('deliveries', 'refused_files') }}
),

acknowledged_refusals as (
    select * from {{ ref('acknowledged_refusals') }}
),

refused_files as (
    select
        refused.site_id,
        refused.delivered_on,
        refused.file,
        refused.table_name,
        refused.reason,
        refused.sha256,
        acknowledged_refusals.sha256 is not null as is_acknowledged
    from refused
    left join acknowledged_refusals
        on
            refused.site_id = acknowledged_refusals.site_id
            and refused.delivered_on = acknowledged_refusals.delivered_on
            and refused.file = acknowledged_refusals.file
            and refused.sha256 = acknowledged_refusals.sha256
)

select * from refused_files
