with assessments as (
    select * from {{ ref('assessments') }}
),

vetted_assessments as (
    select * from {{ ref('vetted_assessments') }}
    where fate = 'accepted'
),

records_of_forms as (
    select * from vetted_assessments
    where not is_part
),

scored_assessments as (
    select * from {{ ref('scored_assessments') }}
),

assessment_items as (
    select * from {{ ref('assessment_items') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

short_forms as (
    select * from {{ ref('short_form_ranges') }}
),

vetted_responses as (
    select * from {{ ref('vetted_assessment_responses') }}
),

answers as (
    select
        assessment_key,
        count(response) as n_answers,
        max(case when response is not null then item_number end) as last_item_number,
        min(response) as lowest,
        max(response) as highest,
        sum(response) as total
    from assessment_items
    group by assessment_key
),

forms as (
    select
        assessments.site_id,
        vetted_assessments.delivered_on,
        assessments.patient_key,
        assessments.assessment_key,
        assessments.instrument,
        assessments.channel,
        assessments.sent_on,
        assessments.completed_on,
        assessments.total_score,
        scored_assessments.score_source,
        scored_assessments.score,
        scored_assessments.is_valid,
        scored_assessments.is_completed,
        scored_assessments.is_total_mismatch,
        answers.n_answers,
        answers.last_item_number,
        answers.lowest,
        answers.highest,
        answers.total,
        instruments.n_items,
        instruments.item_max
    from assessments
    inner join scored_assessments on assessments.assessment_key = scored_assessments.assessment_key
    left join answers on assessments.assessment_key = answers.assessment_key
    left join instruments on assessments.instrument = instruments.instrument
    inner join vetted_assessments
        on
            assessments.site_id = vetted_assessments.site_id
            and assessments.assessment_id = vetted_assessments.assessment_id
),

valid_days as (
    select
        site_id,
        patient_key,
        instrument,
        completed_on,
        count(*) as n_forms
    from forms
    where is_valid
    group by site_id, patient_key, instrument, completed_on
),

-- Answers counted from 1 add at least as many points as there are items.
reported_totals as (
    select
        forms.site_id || ', ' || forms.instrument as subject,
        forms.score >= forms.n_items as is_never_low,
        forms.score <= short_forms.score_max as is_within_short_form,
        short_forms.score_max is not null as has_short_form
    from forms
    left join short_forms on forms.instrument = short_forms.instrument
    where forms.is_valid and forms.score_source = 'reported'
),

-- Two patients hardly ever give the same answers to many different questions.
answer_patterns as (
    select
        forms.site_id,
        forms.assessment_key,
        {{ joined_text('cast(assessment_items.response as string)', ' ', 'assessment_items.item_number') }} as pattern
    from forms
    inner join assessment_items on forms.assessment_key = assessment_items.assessment_key
    where forms.n_answers = forms.n_items and forms.n_items >= {{ var('many_items_min') }} and forms.lowest < forms.highest
    group by forms.site_id, forms.assessment_key
),


-- The two questions of a short form are the first two of the long one.
short_answers as (
    select
        forms.site_id,
        forms.n_answers = short_forms.n_items and forms.last_item_number = short_forms.n_items as is_like_short_form
    from forms
    inner join short_forms on forms.instrument = short_forms.instrument
    where forms.n_answers > 0
),

measured_forms as (
    {{ measured_by_delivery('forms', [
        {'check_id': 'totals_mismatched', 'is_violating': 'is_total_mismatch', 'is_checked': "score_source = 'items' and total_score is not null"},
        {
            'check_id': 'totals_of_incomplete_forms',
            'is_violating': 'total_score = total',
            'is_checked': "n_answers > 0 and n_answers < n_items and total_score is not null",
        },
        {
            'check_id': 'items_one_to_five',
            'is_violating': 'lowest >= 1',
            'is_checked': 'n_answers = n_items and n_items >= ' ~ var('many_items_min'),
        },
        {
            'check_id': 'straight_lined_forms',
            'is_violating': 'lowest = highest and lowest > 0',
            'is_checked': 'n_answers = n_items',
        },
        {
            'check_id': 'completed_forms_incomplete',
            'is_violating': 'n_answers < n_items',
            'is_checked': 'is_completed and n_answers > 0 and n_items is not null',
        },
        {
            'check_id': 'answered_forms_not_completed',
            'is_violating': 'not is_completed',
            'is_checked': 'n_answers = n_items',
        },
        {
            'check_id': 'forms_completed_before_sent',
            'is_violating': 'sent_on > completed_on',
            'is_checked': 'sent_on is not null and completed_on is not null',
        },
        {'check_id': 'forms_entered_by_staff', 'is_violating': "channel = 'staff'", 'is_checked': 'channel is not null'},
    ]) }}
    union all
    {{ measured_checks('short_answers', [{'check_id': 'items_like_short_form', 'is_violating': 'is_like_short_form'}]) }}
    union all
    {{ measured_checks('valid_days', [{'check_id': 'forms_same_day', 'is_violating': 'n_forms > 1'}]) }}
    union all
    {{ measured_checks('reported_totals', [
        {'check_id': 'totals_never_low', 'is_violating': 'is_never_low', 'subject': 'subject'},
        {
            'check_id': 'scores_like_short_form',
            'is_violating': 'is_within_short_form',
            'is_checked': 'has_short_form',
            'subject': 'subject',
        },
    ]) }}
    union all
    {{ measured_commonest('answers_one_for_many', 'answer_patterns', 'pattern') }}
    union all
    {{ measured_by_delivery('records_of_forms', [
        {'check_id': 'questionnaires_unknown', 'is_violating': 'is_instrument_unmapped'},
    ]) }}
    union all
    {{ measured_by_delivery('vetted_responses', [
        {'check_id': 'answers_set_aside', 'is_violating': "fate = 'quarantined'"},
    ]) }}
)

select * from measured_forms
