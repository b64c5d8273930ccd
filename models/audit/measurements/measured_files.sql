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

undeclared_columns as (
    select
        site_id,
        delivered_on,
        file
    from ignored_inputs
    where column_name is not null
    group by site_id, delivered_on, file
),

-- A var may allow later days than that of the build, for dates that were shifted to hide them.
read_files as (
    select
        row_accounting.site_id,
        row_accounting.delivered_on,
        undeclared_columns.file is not null as has_undeclared_column,
        row_accounting.delivered_on > {{ add_days("cast(left('" ~ run_started_at ~ "', 10) as date)", 1) }}
        {%- if var('latest_plausible_on') %}
        and row_accounting.delivered_on > cast('{{ var("latest_plausible_on") }}' as date)
        {%- endif %} as is_in_future
    from row_accounting
    left join undeclared_columns
        on
            row_accounting.site_id = undeclared_columns.site_id
            and row_accounting.delivered_on = undeclared_columns.delivered_on
            and row_accounting.file = undeclared_columns.file
),

-- A flat file is called as its table; NDJSON is FHIR, and the other files of tables are OMOP's.
clinics as (
    select
        site_id,
        count(
            distinct case
                when file like '%.ndjson%' then 'fhir'
                when left(file, length(table_name) + 1) = table_name || '.' then 'ehr'
                else 'omop'
            end
        ) as n_formats
    from row_accounting
    group by site_id
),

contents as (
    {{ measured_by_delivery('read_files', [
        {'check_id': 'columns_undeclared', 'is_violating': 'has_undeclared_column'},
        {'check_id': 'deliveries_in_future', 'is_violating': 'is_in_future'},
    ]) }}
),

files as (
    {{ measured_checks('delivered_files', [
        {'check_id': 'files_refused', 'is_violating': 'is_refused', 'is_checked': 'not is_ignored'},
        {'check_id': 'inputs_ignored', 'is_violating': 'is_ignored'},
    ]) }}
),

formats as (
    {{ measured_checks('clinics', [
        {'check_id': 'formats_one_per_clinic', 'is_violating': 'n_formats > 1'},
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
    select * from contents
    union all
    select * from formats
    union all
    select * from zones
)

select * from measured_files
