with diagnoses as (
    select * from {{ ref('diagnoses') }}
),

diagnosis_code_sets as (
    select * from {{ ref('diagnosis_code_sets') }}
    where code_system = 'icd10cm'
),

-- Numbered, so that a cell of very many codes is not set beside each of them.
cells as (
    select
        code_text,
        row_number() over (order by code_text) as cell_number
    from diagnoses
    where code_text is not null
    group by code_text
),

-- A cell may hold several codes, each with text behind it: F43.10 - PTSD; f33.2
codes as (
    select
        cell_number,
        replace(
            regexp_extract(upper({{ remove_matches('code_part', '^[\\x09-\\x0d\\x1c-\\x20\\x85\\p{Z}]+') }}), '^[A-Z0-9.]+', 0), '.', ''
        ) as code
    from {{ split_rows('cells', ['cell_number'], "replace(code_text, ';', ',')", 'code_part') }} as parts
),

matched as (
    select
        codes.cell_number,
        diagnosis_code_sets.code_set_id
    from codes
    inner join diagnosis_code_sets
        on
            codes.code = diagnosis_code_sets.code
            or (diagnosis_code_sets.is_prefix and left(codes.code, length(diagnosis_code_sets.code)) = diagnosis_code_sets.code)
    group by codes.cell_number, diagnosis_code_sets.code_set_id
),

code_matches as (
    select
        cells.code_text,
        matched.code_set_id
    from matched
    inner join cells on matched.cell_number = cells.cell_number
)

select * from code_matches
