with computed_figures as (
    select * from {{ ref('computed_figures') }}
),

cohort_attrition as (
    select * from {{ ref('cohort_attrition') }}
),

cohort_characteristics as (
    select * from {{ ref('cohort_characteristics') }}
    where smd is not null
),

outcome_completeness as (
    select * from {{ ref('outcome_completeness') }}
),

patients as (
    select * from {{ ref('patients') }}
),

site_keys as (
    select
        site_key,
        site_id
    from patients
    group by site_key, site_id
),

figures as (
    select
        'network' as site_id,
        study_id,
        computed_metric as subject,
        concat_ws(
            ', ',
            instrument,
            timepoint,
            response_kind,
            denominator,
            stratum,
            population,
            characteristic,
            level,
            definition_id
        ) as detail,
        computed_value as profiled_value,
        n_numerator as n,
        n_denominator as n_of
    from computed_figures
    union all
    select
        'network' as site_id,
        study_id,
        'attrition_remaining' as subject,
        step_id as detail,
        cast(n_remaining as double) as profiled_value,
        n_remaining as n,
        n_in as n_of
    from cohort_attrition
    union all
    select
        'network' as site_id,
        study_id,
        'characteristic_difference' as subject,
        concat_ws(', ', characteristic, level) as detail,
        max(smd) as profiled_value,
        cast(null as bigint) as n,
        max(n_denominator) as n_of
    from cohort_characteristics
    group by study_id, characteristic, level
    union all
    select
        coalesce(site_keys.site_id, 'network') as site_id,
        outcome_completeness.study_id,
        'outcome_data_rate' as subject,
        concat_ws(
            ', ',
            outcome_completeness.instrument,
            outcome_completeness.stratum_kind,
            case when site_keys.site_id is null then outcome_completeness.stratum end
        ) as detail,
        outcome_completeness.outcome_data_rate as profiled_value,
        outcome_completeness.n_complete as n,
        outcome_completeness.n_eligible as n_of
    from outcome_completeness
    left join site_keys
        on outcome_completeness.stratum_kind = 'site' and outcome_completeness.stratum = site_keys.site_key
    where outcome_completeness.stratum_kind <> 'all'
    union all
    select
        'network' as site_id,
        study_id,
        'valid_forms' as subject,
        instrument as detail,
        cast(n_valid as double) as profiled_value,
        n_valid as n,
        n_sent as n_of
    from outcome_completeness
    where stratum_kind = 'all'
),

profiled_figures as (
    select
        'figure' as kind,
        site_id,
        study_id,
        subject,
        coalesce(nullif(detail, ''), 'all') as detail,
        'all' as period,
        profiled_value,
        n,
        n_of
    from figures
)

select * from profiled_figures
