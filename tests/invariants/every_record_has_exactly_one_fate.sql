-- Row numbers run from 1 within a file, so a record that is lost while another is doubled changes their sum or their sum
-- of squares. Sums and not a join: a network has tens of millions of records.
with counted_by_table as (
    {%- for format, table_name in delivered_tables() %}
    select
        site_id,
        delivered_on,
        file,
        count(*) as n_records,
        sum(row_number) as sum_of_numbers,
        sum(cast(row_number as decimal(18, 0)) * row_number) as sum_of_squares
    from {{ source(format, table_name) }}
    group by site_id, delivered_on, file
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- A file may hold lines of several kinds.
raw_records as (
    select
        site_id,
        delivered_on,
        file,
        sum(n_records) as n_records,
        sum(sum_of_numbers) as sum_of_numbers,
        sum(sum_of_squares) as sum_of_squares
    from counted_by_table
    group by site_id, delivered_on, file
),

fates as (
    select
        site_id,
        delivered_on,
        file,
        count(*) as n_records,
        sum(row_number) as sum_of_numbers,
        sum(cast(row_number as decimal(18, 0)) * row_number) as sum_of_squares
    from {{ ref('record_fates') }}
    where fate in ('quarantined', 'retracted', 'superseded', 'duplicate', 'accepted')
    group by site_id, delivered_on, file
)

select
    coalesce(raw_records.site_id, fates.site_id) as site_id,
    coalesce(raw_records.delivered_on, fates.delivered_on) as delivered_on,
    coalesce(raw_records.file, fates.file) as file
from raw_records
full outer join fates
    on
        raw_records.site_id = fates.site_id
        and raw_records.delivered_on = fates.delivered_on
        and raw_records.file = fates.file
where
    raw_records.n_records is distinct from fates.n_records
    or raw_records.sum_of_numbers is distinct from fates.sum_of_numbers
    or raw_records.sum_of_squares is distinct from fates.sum_of_squares
