with study_instruments as (
    select * from {{ ref('study_instruments') }}
),

studies as (
    select * from {{ ref('studies') }}
),

timepoints as (
    select * from {{ ref('timepoints') }}
),

-- Only the form after the induction depends on how the induction is defined.
defined as (
    select
        study_instruments.instrument,
        timepoints.timepoint,
        timepoints.kind,
        cast(timepoints.infusion_number as bigint) as infusion_number,
        case when timepoints.kind = 'post_induction' then studies.definition_id end as definition_id
    from study_instruments
    inner join studies on study_instruments.study_id = studies.study_id
    cross join timepoints
),

population_forms as (
    select
        'form ' || instrument || ' ' || timepoint || coalesce(' ' || definition_id, '') as form,
        instrument,
        timepoint,
        kind,
        infusion_number,
        definition_id
    from defined
    group by instrument, timepoint, kind, infusion_number, definition_id
)

select * from population_forms
