{{ config(materialized='table') }}

with answers as (
    select * from {{ ref('stg_fhir__answers') }}
),

code_systems as (
    select
        {{ system_key('identifier') }} as system_key,
        min(code_system) as code_system
    from {{ ref('code_systems') }}
    group by {{ system_key('identifier') }}
),

numbering_words as (
    select * from {{ ref('link_id_prefixes') }}
    where instrument is null
),

wordings as (
    select answer
    from answers
    group by answer
),

opened as (
    select
        answer,
        lower({{ json_text('answer', '$.link_id') }}) as link_id,
        {{ json_text('answer', '$.definition') }} as definition,
        coalesce(
            {{ json_text('answer', '$.integer') }},
            {{ json_text('answer', '$.decimal') }},
            {{ json_text('answer', '$.quantity') }},
            {{ json_text('answer', '$.ordinal') }}
        ) as number_text,
        {{ json_text('answer', '$.number_text') }} as written_number_text,
        {{ system_key(json_text('answer', '$.system')) }} as system_key,
        {{ json_text('answer', '$.code') }} as code
    from wordings
),

-- The linkId as a path: its last part may be a LOINC code, or the short name of an instrument and a number.
parsed as (
    select
        opened.answer,
        {{ remove_matches('opened.link_id', '^.*/') }} as link_id_end,
        {{ normalised_text('opened.link_id') }} as link_id_key,
        {{ normalised_text(remove_matches('opened.link_id', '^.*/')) }} as link_id_end_key,
        regexp_extract(opened.link_id, '(^|[^0-9])([0-9]{1,7}-[0-9])$', 2) as link_id_loinc_code,
        regexp_extract(opened.definition, '(^|[^0-9])([0-9]{1,7}-[0-9])$', 2) as definition_loinc_code,
        {{ regexp_like('opened.link_id', '[0-9][^0-9]+[0-9]+[^0-9]+[0-9]') }} as is_numbered_deeply,
        regexp_extract(opened.link_id, '^/?([a-z]*)[-_. ]?0*([1-9][0-9]?)$', 1) as numbering_word,
        regexp_extract(opened.link_id, '^/?([a-z]*)[-_. ]?0*([1-9][0-9]?)$', 2) as plain_number_text,
        opened.number_text,
        opened.written_number_text,
        code_systems.code_system,
        opened.code
    from opened
    left join code_systems on opened.system_key = code_systems.system_key
),

answer_values as (
    select
        parsed.answer,
        parsed.link_id_end,
        parsed.link_id_key,
        parsed.link_id_end_key,
        parsed.link_id_loinc_code,
        parsed.definition_loinc_code,
        parsed.is_numbered_deeply,
        case
            when parsed.numbering_word = '' or numbering_words.link_id_prefix is not null
                then try_cast(nullif(parsed.plain_number_text, '') as integer)
        end as plain_item_number,
        parsed.number_text,
        parsed.written_number_text,
        parsed.code_system,
        parsed.code
    from parsed
    left join numbering_words on parsed.numbering_word = numbering_words.link_id_prefix
)

select * from answer_values
