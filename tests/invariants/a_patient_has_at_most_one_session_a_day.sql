select count(*) as n_sessions
from {{ ref('infusions') }}
group by patient_key, day
having count(*) > 1
