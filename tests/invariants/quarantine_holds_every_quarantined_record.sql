with quarantined as (
    select
        site_id,
        delivered_on,
        file,
        count(*) as n_quarantined
    from {{ ref('quarantine') }}
    group by site_id, delivered_on, file
)

select
    row_accounting.site_id,
    row_accounting.delivered_on,
    row_accounting.file,
    row_accounting.quarantined,
    quarantined.n_quarantined
from {{ ref('row_accounting') }} as row_accounting
full join quarantined
    on
        row_accounting.site_id = quarantined.site_id
        and row_accounting.delivered_on = quarantined.delivered_on
        and row_accounting.file = quarantined.file
where row_accounting.file is null or row_accounting.quarantined <> coalesce(quarantined.n_quarantined, 0)
