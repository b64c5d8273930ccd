-- Sources that are new, gone or changed. Code is named after its version and stays one source, whatever the name.
create temp table sources_before as
select kind, case when kind = 'code' then 'code' else name end as name, digest, site_id, delivered_on, file
from standing.audit.provenance
where kind in ('delivery', 'code', 'seed', 'package');

create temp table changed_sources as
with sources as (
    select kind, case when kind = 'code' then 'code' else name end as name, digest, site_id, delivered_on, file
    from new_sources
)
select
    coalesce(sources.kind, sources_before.kind) as kind,
    coalesce(sources.name, sources_before.name) as name,
    coalesce(sources.site_id, sources_before.site_id) as site_id,
    coalesce(sources.delivered_on, sources_before.delivered_on) as delivered_on,
    coalesce(sources.file, sources_before.file) as file,
    case when sources_before.name is null then 'new' when sources.name is null then 'gone' else 'changed' end as change
from sources
full join sources_before on sources.kind = sources_before.kind and sources.name = sources_before.name
where sources.digest is distinct from sources_before.digest;
