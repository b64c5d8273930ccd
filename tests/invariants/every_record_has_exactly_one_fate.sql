with raw_records as (
    {%- for table_name in vetted_tables() %}
    select
        {{ record_columns() }},
        '{{ table_name }}' as table_name
    from {{ source('ehr', table_name) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

counted as (
    select
        {{ record_columns() }},
        table_name,
        1 as n_raw,
        0 as n_fates
    from raw_records
    union all
    select
        {{ record_columns() }},
        table_name,
        0 as n_raw,
        case when fate in ('quarantined', 'retracted', 'superseded', 'duplicate', 'accepted') then 1 else 0 end as n_fates
    from {{ ref('record_fates') }}
)

select
    {{ record_columns() }},
    table_name
from counted
group by {{ record_columns() }}, table_name
having sum(n_raw) <> 1 or sum(n_fates) <> 1
