with studies as (
    select * from {{ ref('studies') }}
),

study_instruments as (
    select * from {{ ref('study_instruments') }}
),

primary_instruments as (
    select
        study_id,
        instrument
    from study_instruments
    where is_primary
),

induction_definitions as (
    select * from {{ ref('induction_definitions') }}
),

timepoints as (
    select * from {{ ref('timepoints') }}
),

forms as (
    select * from {{ ref('population_forms') }}
),

-- A baseline above 0 is a baseline, and so are both sides of the cutoff.
of_baselines as (
    select
        'baseline of 0 ' || instrument || ': yes' as premise,
        'baseline ' || instrument || ': yes' as conclusion
    from study_instruments
    union all
    select
        'baseline at or above cutoff ' || instrument || ': yes' as premise,
        'baseline ' || instrument || ': yes; baseline of 0 ' || instrument || ': no' as conclusion
    from study_instruments
    union all
    select
        'baseline at or above cutoff ' || instrument || ': no' as premise,
        'baseline ' || instrument || ': yes; baseline of 0 ' || instrument || ': no' as conclusion
    from study_instruments
),

-- A form at a timepoint is an outcome; one after an infusion comes after that infusion and is followed by a last one.
of_forms as (
    select
        forms.form || ': yes' as premise,
        'outcome ' || forms.instrument || ' ' || induction_definitions.definition_id || ': yes' as conclusion
    from forms
    inner join induction_definitions
        on forms.definition_id is null or forms.definition_id = induction_definitions.definition_id
    union all
    select
        forms.form || ': yes' as premise,
        last_forms.form || ': yes; infusions ' || cast(forms.infusion_number as string) || ': yes' as conclusion
    from forms
    inner join forms as last_forms on forms.instrument = last_forms.instrument and last_forms.kind = 'last_observed'
    where forms.kind = 'infusion'
),

answers as (
    select
        'response' as question,
        'responder' as answer
    union all
    select
        'response' as question,
        'worsened' as answer
    union all
    select
        'response' as question,
        'neither' as answer
    union all
    select
        'remission' as question,
        'yes' as answer
    union all
    select
        'remission' as question,
        'no' as answer
),

of_outcomes as (
    select
        forms.form || ' ' || answers.question || ': ' || answers.answer as premise,
        forms.form || ': yes; baseline ' || forms.instrument || ': yes; baseline of 0 ' || forms.instrument || ': no'
            as conclusion
    from forms
    cross join answers
),

of_sessions as (
    select
        'infusions ' || cast(infusion_number as string) || ': yes' as premise,
        case
            when infusion_number = 1 then 'received_kit: yes'
            else 'infusions ' || cast(infusion_number - 1 as string) || ': yes'
        end as conclusion
    from timepoints
    where kind = 'infusion'
    union all
    select
        'received_kit: yes' as premise,
        'infusions 1: yes' as conclusion
),

-- A stricter definition of the induction brings a laxer one with it.
of_inductions as (
    select
        'induction ' || definition_id || ': yes' as premise,
        'infusions ' || cast(min_sessions as string) || ': yes' as conclusion
    from induction_definitions
    union all
    select
        'dose after ' || definition_id || ': yes' as premise,
        'induction ' || definition_id || ': yes' as conclusion
    from induction_definitions
    union all
    select
        'induction ' || stricter.definition_id || ': yes' as premise,
        'induction ' || laxer.definition_id || ': yes' as conclusion
    from induction_definitions as stricter
    inner join induction_definitions as laxer
        on
            stricter.definition_id <> laxer.definition_id
            and stricter.min_sessions >= laxer.min_sessions
            and stricter.max_day <= laxer.max_day
            and laxer.max_sessions is null
            and laxer.min_span_days is null
),

of_analyses as (
    select
        'received_kit: yes; has_' || studies.indication || ': yes; age ' || cast(studies.min_age_years as string)
        || ': yes; baseline ' || primary_instruments.instrument || ': yes; outcome ' || primary_instruments.instrument
        || ' ' || studies.definition_id || ': yes'
        || case when studies.is_induction_required then '; induction ' || studies.definition_id || ': yes' else '' end
            as premise,
        'analysed in ' || studies.study_id || ': yes' as conclusion
    from studies
    inner join primary_instruments on studies.study_id = primary_instruments.study_id
),

all_implications as (
    select * from of_baselines
    union all
    select * from of_forms
    union all
    select * from of_outcomes
    union all
    select * from of_sessions
    union all
    select * from of_inductions
    union all
    select * from of_analyses
    union all
    select
        conclusion as premise,
        premise as conclusion
    from of_analyses
),

-- Two studies may say the same.
population_implications as (
    select
        premise,
        conclusion
    from all_implications
    group by premise, conclusion
)

select * from population_implications
