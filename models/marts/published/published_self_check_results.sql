with published_figures as (
    select * from {{ ref('published_figures') }}
),

published_self_checks as (
    select * from {{ ref('published_self_checks') }}
),

-- Published numbers are rounded, so each stands for a range; an operand that a check does not have is 1.
operands as (
    select
        published_self_checks.check_id,
        published_self_checks.study_id,
        published_self_checks.label,
        published_self_checks.operation,
        published_self_checks.unit,
        published_self_checks.statement,
        published_self_checks.source,
        cast(left_figures.published_value as double) as left_value,
        cast(left_figures.rounding as double) as left_rounding,
        left_figures.unit as left_unit,
        cast(right_figures.published_value as double) as right_value,
        cast(right_figures.rounding as double) as right_rounding,
        right_figures.unit as right_unit,
        cast(third_figures.published_value as double) as third_value,
        third_figures.unit as third_unit,
        cast(compared_figures.published_value as double) as compared_value,
        cast(compared_figures.rounding as double) as compared_rounding,
        compared_figures.denominator_stated
    from published_self_checks
    inner join published_figures as left_figures
        on
            published_self_checks.left_figure_id = left_figures.figure_id
            and published_self_checks.left_variant = left_figures.variant
    left join published_figures as right_figures
        on
            published_self_checks.right_figure_id = right_figures.figure_id
            and published_self_checks.right_variant = right_figures.variant
    left join published_figures as third_figures
        on
            published_self_checks.third_figure_id = third_figures.figure_id
            and published_self_checks.third_variant = third_figures.variant
    left join published_figures as compared_figures
        on
            published_self_checks.compared_figure_id = compared_figures.figure_id
            and published_self_checks.compared_variant = compared_figures.variant
),

computed as (
    select
        *,
        case operation
            when 'ratio' then left_value / nullif(right_value, 0)
            when 'product' then left_value * right_value * coalesce(third_value, 1)
            when 'difference' then left_value - right_value
            when 'repeat' then left_value
            when 'bound_low' then left_value * right_value / nullif(third_value, 0)
            when 'bound_high' then (left_value * right_value + third_value - right_value) / nullif(third_value, 0)
        end as computed_value,
        case operation
            when 'ratio' then (left_value - left_rounding) / nullif(right_value + right_rounding, 0)
            when 'product' then (left_value - left_rounding) * (right_value - right_rounding) * coalesce(third_value, 1)
            when 'difference' then left_value - left_rounding - right_value - right_rounding
            when 'repeat' then left_value - left_rounding
        end as computed_low,
        case operation
            when 'ratio' then (left_value + left_rounding) / nullif(right_value - right_rounding, 0)
            when 'product' then (left_value + left_rounding) * (right_value + right_rounding) * coalesce(third_value, 1)
            when 'difference' then left_value + left_rounding - right_value + right_rounding
            when 'repeat' then left_value + left_rounding
        end as computed_high
    from operands
),

judged as (
    select
        *,
        case
            when compared_value is not null
                then
                    computed_low <= compared_value + compared_rounding
                    and computed_high >= compared_value - compared_rounding
        end as is_within_rounding
    from computed
),

published_self_check_results as (
    select
        check_id,
        study_id,
        label,
        source,
        unit,
        compared_value as published_value,
        (computed_high - computed_low) / 2 + compared_rounding as rounding,
        denominator_stated,
        computed_value,
        is_within_rounding,
        replace(
            replace(
                replace(
                    replace(
                        replace(statement, '{left}', {{ figure_text('left_value', 'left_unit') }}),
                        '{right}', coalesce({{ figure_text('right_value', 'right_unit') }}, '')
                    ),
                    '{third}', coalesce({{ figure_text('third_value', 'third_unit') }}, '')
                ),
                '{computed}', coalesce({{ figure_text('computed_value', 'unit') }}, '')
            ),
            '{published}', coalesce({{ figure_text('compared_value', 'unit') }}, '')
        )
        || case
            when compared_value is not null and operation <> 'repeat'
                then '; published ' || {{ figure_text('compared_value', 'unit') }}
            else ''
        end
        || case
            when is_within_rounding then ', which rounding explains'
            when not is_within_rounding then ', which rounding does not explain'
            else ''
        end as note
    from judged
)

select * from published_self_check_results
