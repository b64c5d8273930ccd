-- What differs. Sums in another order differ in their last digits: as in audit.provenance, 12 digits count.
insert into audit.publication_diff
with before as (
    select *, true as is_there from standing.audit.publication_profile
),

after as (
    select *, true as is_there from audit.publication_profile
),

compared as (
    select
        kind, site_id, study_id, subject, detail, period,
        case when before.is_there is null then 'new' when after.is_there is null then 'gone' else 'changed' end as change,
        before.profiled_value as before,
        after.profiled_value as after,
        after.profiled_value - before.profiled_value as difference,
        before.n as n_before,
        after.n as n_after,
        before.n_of as n_of_before,
        after.n_of as n_of_after
    from before
    full join after using (kind, site_id, study_id, subject, detail, period)
    where
        change <> 'changed'
        or n_before is distinct from n_after
        or n_of_before is distinct from n_of_after
        or (before.profiled_value is null) <> (after.profiled_value is null)
        or abs(difference) > 1e-11 * greatest(abs(before.profiled_value), abs(after.profiled_value))
),

flags as (
    select
        count(*) filter (where kind in ('code', 'package')) > 0 as is_code_changed,
        count(*) filter (where kind = 'seed') > 0 as is_seed_changed
    from changed_sources
)

select compared.*, movers.moved_by, flags.*
from compared
cross join flags
left join movers
    on compared.site_id = movers.site_id
    and movers.study_id = case when compared.site_id = 'network' then compared.study_id else 'all' end
union all
select
    kind, coalesce(site_id, 'network'), 'all', name, 'all', 'all', change,
    null, null, null, null, null, null, null, null, flags.*
from changed_sources
cross join flags
order by all
