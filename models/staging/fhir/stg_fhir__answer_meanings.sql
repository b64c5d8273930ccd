{{ config(materialized='table') }}

with answer_values as (
    select * from {{ ref('stg_fhir__answer_values') }}
),

questionnaire_codes as (
    select * from {{ ref('questionnaire_codes') }}
),

short_form_items as (
    select * from {{ ref('short_form_items') }}
),

link_id_prefixes as (
    select * from {{ ref('link_id_prefixes') }}
),

link_id_total_words as (
    select * from {{ ref('link_id_total_words') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

answer_codes as (
    select * from {{ ref('answer_codes') }}
),

code_meanings as (
    select
        code,
        instrument,
        item_number
    from questionnaire_codes
    union all
    select
        code,
        instrument,
        item_number
    from short_form_items
),

coded as (
    select
        answer,
        1 as place,
        link_id_loinc_code as code
    from answer_values
    union all
    select
        answer,
        2 as place,
        link_id_end as code
    from answer_values
    union all
    select
        answer,
        3 as place,
        definition_loinc_code as code
    from answer_values
),

recognised_codes as (
    select
        coded.answer,
        coded.place,
        code_meanings.instrument,
        code_meanings.item_number,
        min(coded.place) over (partition by coded.answer) as first_place
    from coded
    inner join code_meanings on coded.code = code_meanings.code
),

-- The linkId counts before the definition. A panel's code on an answer carries the total: the panel itself is no question.
by_code as (
    select
        answer,
        instrument,
        max(item_number) as item_number
    from recognised_codes
    where place = first_place
    group by answer, instrument
),

prefixed as (
    select
        answer_values.answer,
        link_id_prefixes.link_id_prefix,
        link_id_prefixes.instrument,
        answer_values.is_numbered_deeply,
        substring(answer_values.link_id_key, length(link_id_prefixes.link_id_prefix) + 1) as link_id_rest
    from answer_values
    inner join link_id_prefixes
        on left(answer_values.link_id_key, length(link_id_prefixes.link_id_prefix)) = link_id_prefixes.link_id_prefix
    union distinct
    select
        answer_values.answer,
        link_id_prefixes.link_id_prefix,
        link_id_prefixes.instrument,
        answer_values.is_numbered_deeply,
        substring(answer_values.link_id_end_key, length(link_id_prefixes.link_id_prefix) + 1) as link_id_rest
    from answer_values
    inner join link_id_prefixes
        on left(answer_values.link_id_end_key, length(link_id_prefixes.link_id_prefix)) = link_id_prefixes.link_id_prefix
),

-- `phq9a-1` is of the PHQ-A: the longest short name counts.
ranked_prefixes as (
    select
        *,
        regexp_extract(link_id_rest, '^([a-z]*)0*([1-9][0-9]?)?$', 1) as link_id_word,
        regexp_extract(link_id_rest, '^([a-z]*)0*([1-9][0-9]?)?$', 2) as number_text,
        row_number() over (
            partition by answer
            order by length(link_id_prefix) desc, link_id_prefix asc, length(link_id_rest) asc
        ) as prefix_rank
    from prefixed
    where instrument is not null
),

by_prefix as (
    select
        ranked_prefixes.answer,
        ranked_prefixes.instrument,
        try_cast(nullif(ranked_prefixes.number_text, '') as integer) as item_number
    from ranked_prefixes
    inner join instruments on ranked_prefixes.instrument = instruments.instrument
    left join link_id_total_words on ranked_prefixes.link_id_word = link_id_total_words.link_id_word
    left join link_id_prefixes as numbering_words
        on ranked_prefixes.link_id_word = numbering_words.link_id_prefix and numbering_words.instrument is null
    left join by_code on ranked_prefixes.answer = by_code.answer
    where
        ranked_prefixes.prefix_rank = 1
        and by_code.answer is null
        and (
            (
                ranked_prefixes.number_text <> ''
                and (ranked_prefixes.link_id_word = '' or numbering_words.link_id_prefix is not null)
                and not ranked_prefixes.is_numbered_deeply
                and coalesce(try_cast(ranked_prefixes.number_text as integer) <= instruments.n_items, true)
            )
            or (ranked_prefixes.number_text = '' and link_id_total_words.link_id_word is not null)
        )
),

-- A number alone names no instrument: it is an item of whatever instrument the form is, if that has so many.
by_number as (
    select
        answer_values.answer,
        instruments.instrument,
        answer_values.plain_item_number as item_number
    from answer_values
    inner join instruments on answer_values.plain_item_number <= instruments.n_items
    left join by_code on answer_values.answer = by_code.answer
    where by_code.answer is null
),

recognised as (
    select
        answer,
        instrument,
        item_number,
        'code' as naming
    from by_code
    union all
    select
        answer,
        instrument,
        item_number,
        'name' as naming
    from by_prefix
    union all
    select
        answer,
        instrument,
        item_number,
        'number' as naming
    from by_number
),

meanings as (
    select
        recognised.answer,
        recognised.instrument,
        case when recognised.item_number is null then 'total' else 'item' end as questionnaire_role,
        recognised.item_number,
        recognised.naming,
        recognised.naming = 'number'
        or coalesce(recognised.item_number = answer_values.plain_item_number, false) as is_numbered,
        coalesce(
            answer_values.number_text,
            cast(answer_codes.response as string),
            answer_values.written_number_text,
            '(no number)'
        ) as value_text
    from recognised
    inner join answer_values on recognised.answer = answer_values.answer
    left join answer_codes
        on
            recognised.instrument = answer_codes.instrument
            and answer_values.code_system = answer_codes.code_system
            and answer_values.code = answer_codes.code
)

select * from meanings
