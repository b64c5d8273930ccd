{{ config(alias='cohort_characteristics') }}

with cohort_characteristics as (
    select * from {{ ref('cohort_characteristics') }}
),

released as (
    {{ released_counts(ref('released_counts'), 'cohort_characteristics', ['n', 'n_denominator', 'n_missing']) }}
),

visible as (
    select
        cohort_characteristics.study_id,
        cohort_characteristics.population,
        cohort_characteristics.characteristic,
        cohort_characteristics.level,
        released.n,
        released.n_denominator,
        case
            when cohort_characteristics.characteristic = 'baseline_score' then released.n_missing
            else cohort_characteristics.n_missing
        end as n_missing,
        {{ all_visible(['released.n', 'released.n_denominator']) }} as is_share_visible,
        {{ all_visible(['released.n']) }} as is_distribution_visible,
        cohort_characteristics.share,
        cohort_characteristics.mean,
        cohort_characteristics.sd,
        cohort_characteristics.median,
        cohort_characteristics.q1,
        cohort_characteristics.q3,
        cohort_characteristics.smd,
        released.is_suppressed
    from cohort_characteristics
    inner join released
        on {{ row_key([
            'cohort_characteristics.study_id', 'cohort_characteristics.population',
            'cohort_characteristics.characteristic', 'cohort_characteristics.level',
        ]) }} = released.row_key
),

-- A difference is told only where both of its sides are.
compared as (
    select
        study_id,
        characteristic,
        level,
        bool_and(is_share_visible) as is_difference_visible
    from visible
    where population in ('analysed', 'not_analysed')
    group by study_id, characteristic, level
),

shareable_cohort_characteristics as (
    select
        visible.study_id,
        visible.population,
        visible.characteristic,
        visible.level,
        visible.n,
        visible.n_denominator,
        visible.n_missing,
        case when visible.is_share_visible then visible.share end as share,
        {% for figure in ['mean', 'sd', 'median', 'q1', 'q3'] -%}
        case when visible.is_distribution_visible then visible.{{ figure }} end as {{ figure }},
        {% endfor -%}
        case when compared.is_difference_visible then visible.smd end as smd,
        visible.is_suppressed
    from visible
    inner join compared
        on
            visible.study_id = compared.study_id
            and visible.characteristic = compared.characteristic
            and visible.level = compared.level
)

select * from shareable_cohort_characteristics
