with vetted_administrations as (
    select * from {{ ref('vetted_administrations') }}
),

unmapped_infusion_statuses as (
    select
        site_id,
        status_text as raw_value,
        count(*) as n_records
    from vetted_administrations
    where
        fate = 'accepted'
        and is_status_unmapped
        and ingredient = 'ketamine'
        and route = 'intravenous'
    group by site_id, status_text
)

select * from unmapped_infusion_statuses
