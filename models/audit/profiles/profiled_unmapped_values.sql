with unmapped_values as (
    select * from {{ ref('unmapped_values') }}
),

profiled_unmapped_values as (
    select
        'unmapped_value' as kind,
        site_id,
        'all' as study_id,
        table_name || '.' || column_name as subject,
        raw_value as detail,
        'all' as period,
        cast(n_records as double) as profiled_value,
        n_records as n,
        cast(null as bigint) as n_of
    from unmapped_values
)

select * from profiled_unmapped_values
