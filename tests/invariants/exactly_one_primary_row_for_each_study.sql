select
    studies.study_id,
    count(primary_rows.study_id) as n_primary_rows
from {{ ref('studies') }} as studies
left join {{ ref('response_by_timepoint') }} as primary_rows
    on studies.study_id = primary_rows.study_id and primary_rows.is_primary
group by studies.study_id
having count(primary_rows.study_id) <> 1
