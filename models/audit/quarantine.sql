with record_fates as (
    select * from {{ ref('record_fates') }}
    where fate = 'quarantined'
),

raw_records as (
    {%- for table_name in vetted_tables() %}
    {%- set columns = [] %}
    {%- for column in delivered_columns('ehr', table_name) %}
    {%- do columns.append(column.name) %}
    {%- endfor %}
    select
        {{ record_columns() }},
        '{{ table_name }}' as table_name,
        case when not is_malformed then {{ json_record(columns, identifier_columns('ehr', table_name)) }} end as raw_record
    from {{ source('ehr', table_name) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

quarantine as (
    select
        record_fates.site_id,
        record_fates.delivered_on,
        record_fates.file,
        record_fates.row_number,
        record_fates.table_name,
        record_fates.reason,
        raw_records.raw_record
    from record_fates
    inner join raw_records
        on
            record_fates.site_id = raw_records.site_id
            and record_fates.delivered_on = raw_records.delivered_on
            and record_fates.file = raw_records.file
            and record_fates.row_number = raw_records.row_number
            and record_fates.table_name = raw_records.table_name
)

select * from quarantine
