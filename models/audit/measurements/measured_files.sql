with row_accounting as (
    select * from {{ ref('row_accounting') }}
),

refused_files as (
    select * from {{ ref('refused_files') }}
),

ignored_inputs as (
    select * from {{ ref('ignored_inputs') }}
),

site_time_zones as (
    select * from {{ ref('site_time_zones') }}
),

known_zones as (
    {{ time_zone_names() }}
),

time_zones as (
    select
        site_time_zones.site_id,
        known_zones.name is not null as is_known
    from site_time_zones
    left join known_zones on site_time_zones.time_zone = known_zones.name
),

delivered_files as (
    select
        site_id,
        false as is_refused,
        false as is_ignored
    from row_accounting
    union all
    select
        site_id,
        not is_acknowledged as is_refused,
        false as is_ignored
    from refused_files
    union all
    select
        coalesce(site_id, 'network') as site_id,
        false as is_refused,
        true as is_ignored
    from ignored_inputs
    where column_name is null
),

files as (
    {{ measured_checks('delivered_files', [
        {'check_id': 'files_refused', 'is_violating': 'is_refused', 'is_checked': 'not is_ignored'},
        {'check_id': 'inputs_ignored', 'is_violating': 'is_ignored'},
    ]) }}
),

zones as (
    {{ measured_checks('time_zones', [
        {'check_id': 'time_zone_names_unknown', 'is_violating': 'not is_known'},
    ]) }}
),

measured_files as (
    select * from files
    union all
    select * from zones
)

select * from measured_files
