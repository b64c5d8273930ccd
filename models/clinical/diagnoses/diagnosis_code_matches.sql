with diagnoses as (
    select * from {{ ref('diagnoses') }}
),

diagnosis_code_sets as (
    select * from {{ ref('diagnosis_code_sets') }}
    where code_system = 'icd10cm'
),

cells as (
    select code_text
    from diagnoses
    where code_text is not null
    group by code_text
),

-- A cell may hold several codes, each with text behind it: F43.10 - PTSD; f33.2
parts as (
    select
        cells.code_text,
        cell_parts.code_part
    from cells
    {{ split_rows("replace(cells.code_text, ';', ',')", 'cell_parts', 'code_part') }}
),

codes as (
    select
        code_text,
        replace(
            regexp_extract(upper({{ remove_matches('code_part', '^[\\x09-\\x0d\\x1c-\\x20\\x85\\p{Z}]+') }}), '^[A-Z0-9.]+', 0), '.', ''
        ) as code
    from parts
),

matched as (
    select
        codes.code_text,
        diagnosis_code_sets.code_set_id
    from codes
    inner join diagnosis_code_sets
        on
            codes.code = diagnosis_code_sets.code
            or (diagnosis_code_sets.is_prefix and left(codes.code, length(diagnosis_code_sets.code)) = diagnosis_code_sets.code)
    group by codes.code_text, diagnosis_code_sets.code_set_id
)

select * from matched
