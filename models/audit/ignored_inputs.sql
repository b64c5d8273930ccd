with found as (
    select
        site_id,
        delivered_on,
        file,
        column_name,
        reason
    from {{ source('deliveries', 'ignored_inputs') }}
),

-- Deliveries of two formats may bring a file of the same name.
ignored_inputs as (
    select
        site_id,
        delivered_on,
        file,
        column_name,
        min(reason) as reason
    from found
    group by site_id, delivered_on, file, column_name
)

select * from ignored_inputs
