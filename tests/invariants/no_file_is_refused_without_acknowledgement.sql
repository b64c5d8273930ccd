select
    site_id,
    delivered_on,
    file,
    table_name,
    reason
from {{ ref('refused_files') }}
where not is_acknowledged
