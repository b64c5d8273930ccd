with judged as (
    select * from {{ ref('judged_assessments') }}
),

responses as (
    select * from {{ ref('vetted_assessment_responses') }}
    where fate = 'accepted'
),

instrument_items as (
    select * from {{ ref('instrument_items') }}
),

answers as (
    select
        site_id,
        assessment_id,
        count(*) as n_items_answered
    from responses
    group by site_id, assessment_id
),

counted as (
    select
        judged.*,
        coalesce(answers.n_items_answered, 0) as n_items_answered,
        case
            when judged.is_instrument_unmapped then {{ normalised_text('judged.instrument_text') }}
            else judged.instrument
        end as instrument_key,
        judged.reason is null and not judged.is_retracted and judged.is_newest as is_standing
    from judged
    left join answers on judged.site_id = answers.site_id and judged.assessment_id = answers.assessment_id
),

-- A system may export one form twice: as a questionnaire and again as single observations. A questionnaire without any answer
-- repeats nothing: there the observations are all that is known.
possible_repetitions as (
    select
        observed.site_id,
        observed.assessment_id,
        observed.total_score,
        asked.assessment_id as asked_assessment_id,
        asked.total_score as asked_total_score,
        coalesce(observed.derived_from_assessment_id = asked.assessment_id, false) as is_declared
    from counted as observed
    inner join counted as asked
        on
            observed.site_id = asked.site_id
            and observed.surviving_patient_id = asked.surviving_patient_id
            and observed.instrument_key = asked.instrument_key
    where
        observed.is_from_observations
        and not asked.is_from_observations
        and observed.is_standing
        and asked.is_standing
        and (
            coalesce(observed.derived_from_assessment_id = asked.assessment_id, false)
            or observed.completed_on = asked.completed_on
        )
),

compared_forms as (
    select
        site_id,
        assessment_id
    from possible_repetitions
    union
    select
        site_id,
        asked_assessment_id as assessment_id
    from possible_repetitions
),

-- Items of one group count by their maximum, as in the scoring of the form.
answer_groups as (
    select
        responses.site_id,
        responses.assessment_id,
        coalesce(instrument_items.score_group, cast(responses.item_number as string)) as score_group,
        max(responses.response) as group_score
    from compared_forms
    inner join responses
        on compared_forms.site_id = responses.site_id and compared_forms.assessment_id = responses.assessment_id
    inner join judged
        on responses.site_id = judged.site_id and responses.assessment_id = judged.assessment_id and judged.is_newest
    left join instrument_items
        on judged.instrument = instrument_items.instrument and responses.item_number = instrument_items.item_number
    group by
        responses.site_id,
        responses.assessment_id,
        coalesce(instrument_items.score_group, cast(responses.item_number as string))
),

answer_scores as (
    select
        site_id,
        assessment_id,
        sum(group_score) as items_score
    from answer_groups
    group by site_id, assessment_id
),

repetitions as (
    select
        possible_repetitions.site_id,
        possible_repetitions.assessment_id
    from possible_repetitions
    left join answer_scores as observed_scores
        on
            possible_repetitions.site_id = observed_scores.site_id
            and possible_repetitions.assessment_id = observed_scores.assessment_id
    left join answer_scores as asked_scores
        on
            possible_repetitions.site_id = asked_scores.site_id
            and possible_repetitions.asked_assessment_id = asked_scores.assessment_id
    where
        (
            possible_repetitions.is_declared
            and coalesce(possible_repetitions.asked_total_score, asked_scores.items_score) is not null
        )
        or coalesce(possible_repetitions.total_score, observed_scores.items_score)
        = coalesce(possible_repetitions.asked_total_score, asked_scores.items_score)
    group by possible_repetitions.site_id, possible_repetitions.assessment_id
),

marked as (
    select
        counted.*,
        counted.is_standing and repetitions.assessment_id is not null as is_repetition
    from counted
    left join repetitions on counted.site_id = repetitions.site_id and counted.assessment_id = repetitions.assessment_id
),

-- Two forms of one patient, instrument and moment are one event; the fuller one stays, then the smallest id.
ranked as (
    select
        *,
        row_number() over (
            partition by
                site_id,
                surviving_patient_id,
                is_standing,
                is_repetition,
                instrument_key,
                completed_on,
                completed_at
            order by
                n_items_answered desc, assessment_id asc nulls last, delivered_on desc, file desc, row_number desc
        ) as rank_among_equals
    from marked
),

vetted as (
    select
        *,
        {{ record_fate(
            is_retracted='is_retracted',
            is_duplicate='(is_repetition or (completed_on is not null and rank_among_equals > 1))'
        ) }} as fate
    from ranked
)

select * from vetted
