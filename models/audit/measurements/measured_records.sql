with record_fates as (
    select * from {{ ref('record_fates') }}
),

row_accounting as (
    select * from {{ ref('row_accounting') }}
),

unmapped_values as (
    select * from {{ ref('unmapped_values') }}
),

reasons as (
    {{ measured_by_delivery('record_fates', [
        {'check_id': 'records_malformed', 'is_violating': "reason = 'malformed'"},
        {'check_id': 'records_missing_value', 'is_violating': "reason like 'missing:%'"},
        {'check_id': 'records_unparsable', 'is_violating': "reason like 'unparsable:%'"},
        {'check_id': 'records_out_of_range', 'is_violating': "reason like 'out_of_range:%'"},
        {'check_id': 'records_orphaned', 'is_violating': "reason like 'orphan:%'"},
        {'check_id': 'records_restricted', 'is_violating': "reason like 'restricted:%'"},
        {'check_id': 'records_duplicate', 'is_violating': "fate = 'duplicate'"},
    ]) }}
),

read_records as (
    select
        site_id,
        sum(records_read) as n_read,
        sum(case when is_balanced then 0 else 1 end) as n_unbalanced,
        count(*) as n_files
    from row_accounting
    group by site_id
),

unmapped_records as (
    select
        site_id,
        sum(n_records) as n_unmapped
    from unmapped_values
    group by site_id
),

unmapped as (
    select
        'values_unmapped' as check_id,
        read_records.site_id as subject,
        cast(read_records.n_read as bigint) as n_checked,
        cast(coalesce(unmapped_records.n_unmapped, 0) as bigint) as n_violating
    from read_records
    left join unmapped_records on read_records.site_id = unmapped_records.site_id
),

balances as (
    select
        'accounts_unbalanced' as check_id,
        site_id as subject,
        cast(n_files as bigint) as n_checked,
        cast(n_unbalanced as bigint) as n_violating
    from read_records
),

measured_records as (
    select * from reasons
    union all
    select * from unmapped
    union all
    select * from balances
)

select * from measured_records
