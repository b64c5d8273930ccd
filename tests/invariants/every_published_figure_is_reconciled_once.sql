with reconciled as (
    select
        figure_id,
        variant,
        count(*) as n_rows,
        count(n_denominator) as n_counterparts
    from {{ ref('published_reconciliation') }}
    group by figure_id, variant
)

select
    published_figures.figure_id,
    published_figures.variant
from {{ ref('published_figures') }} as published_figures
left join reconciled
    on published_figures.figure_id = reconciled.figure_id and published_figures.variant = reconciled.variant
where
    coalesce(reconciled.n_rows, 0) <> 1
    or (published_figures.computed_metric = 'none' and reconciled.n_counterparts <> 0)
