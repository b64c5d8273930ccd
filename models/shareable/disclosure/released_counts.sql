with tabulated_counts as (
    select * from {{ ref('tabulated_counts') }}
),

suppressed_populations as (
    select * from {{ ref('suppressed_populations') }}
    where is_tabulated
),

released_counts as (
    select
        tabulated_counts.table_name,
        tabulated_counts.row_key,
        tabulated_counts.measure,
        cast(suppressed_populations.n_released as bigint) as n_released
    from tabulated_counts
    inner join suppressed_populations on tabulated_counts.terms = suppressed_populations.terms
)

select * from released_counts
