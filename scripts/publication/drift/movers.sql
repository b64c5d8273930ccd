-- Deliveries that may have moved a number: of its clinic, or of the clinics behind the study.
-- One text a delivery, such as `ehr/site=07/delivered_on=2025-03-31: changed vitals.csv, gone patients.csv`.
create temp table moving_deliveries as
with placed as (
    select
        site_id,
        delivered_on,
        name[:length(name) - length(file) - 1] as place,
        change || ' ' || file as told
    from changed_sources
    where kind = 'delivery'
),

grouped as (
    select
        site_id,
        delivered_on,
        place,
        array_to_string(list(told order by told)[:getvariable('max_files')], ', ') as files,
        count(*) - getvariable('max_files') as n_more
    from placed
    group by site_id, delivered_on, place
)

select
    site_id,
    delivered_on,
    place,
    concat(place, ': ', files, case when n_more > 0 then concat(' and ', n_more, ' files more') end) as told
from grouped;

create temp table sites_of_studies as
select study_id, site_id from audit.figure_sources
union
select study_id, site_id from standing.audit.figure_sources;

create temp table movers as
with moving as (
    select site_id, 'all' as study_id, delivered_on, place, told
    from moving_deliveries
    union all
    select 'network' as site_id, sites_of_studies.study_id, delivered_on, place, told
    from moving_deliveries
    inner join sites_of_studies on moving_deliveries.site_id = sites_of_studies.site_id
),

grouped as (
    select
        site_id,
        study_id,
        array_to_string(list(told order by delivered_on desc, place)[:getvariable('max_deliveries')], '; ') as told,
        count(*) - getvariable('max_deliveries') as n_more
    from moving
    group by site_id, study_id
)

select
    site_id,
    study_id,
    concat(told, case when n_more > 0 then concat('; and ', n_more, ' deliveries more') end) as moved_by
from grouped;
