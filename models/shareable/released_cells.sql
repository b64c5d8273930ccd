with suppressed_populations as (
    select * from {{ ref('suppressed_populations') }}
    where not is_tabulated
),

released_cells as (
    select
        population,
        cast(n_released as bigint) as n_released,
        is_hidden
    from suppressed_populations
)

select * from released_cells
