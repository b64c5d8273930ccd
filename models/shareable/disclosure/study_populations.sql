with studies as (
    select * from {{ ref('studies') }}
),

eligible as (
    select
        study_id,
        definition_id,
        is_induction_required,
        'received_kit: yes; has_' || indication || ': yes; age ' || cast(min_age_years as string) || ': yes' as terms
    from studies
),

study_populations as (
    select
        study_id,
        'eligible' as population,
        terms
    from eligible
    union all
    select
        study_id,
        'induction_satisfied' as population,
        terms || case when is_induction_required then '; induction ' || definition_id || ': yes' else '' end as terms
    from eligible
    union all
    select
        eligible.study_id,
        'analysed' as population,
        eligible.terms || '; analysed in ' || eligible.study_id || ': yes' as terms
    from eligible
    union all
    select
        eligible.study_id,
        'not_analysed' as population,
        eligible.terms || '; analysed in ' || eligible.study_id || ': no' as terms
    from eligible
)

select * from study_populations
