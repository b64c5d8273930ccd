with published_figures as (
    select * from {{ ref('published_figures') }}
),

computed_figures as (
    select * from {{ ref('computed_figures') }}
),

published_self_check_results as (
    select * from {{ ref('published_self_check_results') }}
),

reconciled as (
    select
        published_figures.figure_id,
        published_figures.variant,
        published_figures.study_id,
        published_figures.label,
        published_figures.source,
        cast(published_figures.published_value as double) as published_value,
        published_figures.unit,
        cast(published_figures.rounding as double) as rounding,
        published_figures.denominator_stated,
        computed_figures.computed_value,
        computed_figures.n_numerator,
        computed_figures.n_denominator,
        computed_figures.computed_value - cast(published_figures.published_value as double) as difference,
        published_figures.note
    from published_figures
    left join computed_figures
        on
            published_figures.study_id is not distinct from computed_figures.study_id
            and published_figures.computed_metric is not distinct from computed_figures.computed_metric
            and published_figures.instrument is not distinct from computed_figures.instrument
            and published_figures.timepoint is not distinct from computed_figures.timepoint
            and published_figures.response_kind is not distinct from computed_figures.response_kind
            and published_figures.denominator is not distinct from computed_figures.denominator
            and published_figures.stratum is not distinct from computed_figures.stratum
            and published_figures.population is not distinct from computed_figures.population
            and published_figures.characteristic is not distinct from computed_figures.characteristic
            and published_figures.level is not distinct from computed_figures.level
            and published_figures.definition_id is not distinct from computed_figures.definition_id
),

-- Half of the last published digit is the distance that rounding explains; 1e-12 is what binary fractions add to it.
published_rows as (
    select
        figure_id,
        variant,
        study_id,
        label,
        source,
        published_value,
        unit,
        rounding,
        denominator_stated,
        computed_value,
        n_numerator,
        n_denominator,
        difference,
        round(abs(difference), 12) <= rounding as is_within_rounding,
        note
    from reconciled
),

self_check_rows as (
    select
        check_id as figure_id,
        'self_check' as variant,
        study_id,
        label,
        source,
        published_value,
        unit,
        rounding,
        denominator_stated,
        computed_value,
        cast(null as bigint) as n_numerator,
        cast(null as bigint) as n_denominator,
        computed_value - published_value as difference,
        is_within_rounding,
        note
    from published_self_check_results
),

published_reconciliation as (
    select * from published_rows
    union all
    select * from self_check_rows
)

select * from published_reconciliation
