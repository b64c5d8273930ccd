with published_figures as (
    select * from {{ ref('published_figures') }}
),

computed_figures as (
    select * from {{ ref('computed_figures') }}
),

published_self_check_results as (
    select * from {{ ref('published_self_check_results') }}
),

{% set keys = [
    'study_id', 'computed_metric', 'instrument', 'timepoint', 'response_kind', 'denominator', 'stratum',
    'population', 'characteristic', 'level', 'definition_id',
] -%}
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
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}published_figures.{{ key }} is not distinct from computed_figures.{{ key }}
            {%- endfor %}
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
