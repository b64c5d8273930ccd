select
    site_id,
    delivered_on,
    file,
    table_name,
    records_read,
    accepted,
    superseded,
    duplicate,
    retracted,
    quarantined
from {{ ref('row_accounting') }}
where not is_balanced
