with ignored_inputs as (
    select
        site_id,
        delivered_on,
        file,
        column_name,
        reason
    from {{ source('deliveries', 'ignored_inputs') }}
)

select * from ignored_inputs
