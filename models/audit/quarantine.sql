with record_fates as (
    select * from {{ ref('record_fates') }}
    where fate = 'quarantined'
),

files as (
    select * from {{ source('deliveries', 'files') }}
),

-- What a label keeps out is not shown here either.
shown as (
    select * from record_fates
    where reason <> 'malformed' and reason not like 'restricted:%'
),

raw_records as (
    {%- for format, table_name in delivered_tables() %}
    {%- set columns = [] %}
    {%- for column in delivered_columns(format, table_name) %}
    {%- do columns.append(column.name) %}
    {%- endfor %}
    select
        {{ record_columns('shown') }},
        shown.table_name,
        {{ json_record(columns, identifier_columns(format, table_name), 'delivered') }} as raw_record
    from shown
    inner join {{ source(format, table_name) }} as delivered
        on
            shown.site_id = delivered.site_id
            and shown.delivered_on = delivered.delivered_on
            and shown.file = delivered.file
            and shown.row_number = delivered.row_number
            {%- if format == 'ehr' %}
            and shown.table_name = '{{ table_name }}'
            {%- endif %}
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
        -- A line that could not be read carries nothing: it is told as a line of what its file holds.
        case
            when record_fates.reason = 'malformed' then coalesce(files.table_name, record_fates.table_name)
            else record_fates.table_name
        end as table_name,
        record_fates.reason,
        raw_records.raw_record
    from record_fates
    left join files
        on
            record_fates.site_id = files.site_id
            and record_fates.delivered_on = files.delivered_on
            and record_fates.file = files.file
    left join raw_records
        on
            record_fates.site_id = raw_records.site_id
            and record_fates.delivered_on = raw_records.delivered_on
            and record_fates.file = raw_records.file
            and record_fates.row_number = raw_records.row_number
            and record_fates.table_name = raw_records.table_name
)

select * from quarantine
