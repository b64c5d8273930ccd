with diagnoses as (
    select * from {{ ref('diagnoses') }}
),

diagnosis_code_sets as (
    select * from {{ ref('diagnosis_code_sets') }}
),

-- Numbered, so that a cell of very many codes is not set beside each of them.
cells as (
    select
        other_codings,
        row_number() over (order by other_codings) as cell_number
    from diagnoses
    where other_codings is not null
    group by other_codings
),

codings as (
    select
        cell_number,
        {{ remove_matches('coding', '[|].*$') }} as code_system,
        {{ remove_matches('coding', '^[^|]*[|]') }} as code
    from {{ split_rows('cells', ['cell_number'], "replace(other_codings, ' ', ',')", 'coding') }} as cell_codings
),

matched as (
    select
        codings.cell_number,
        diagnosis_code_sets.code_set_id
    from codings
    inner join diagnosis_code_sets
        on
            codings.code_system = diagnosis_code_sets.code_system
            and (
                codings.code = diagnosis_code_sets.code
                or (diagnosis_code_sets.is_prefix and left(codings.code, length(diagnosis_code_sets.code)) = diagnosis_code_sets.code)
            )
    group by codings.cell_number, diagnosis_code_sets.code_set_id
),

coding_matches as (
    select
        cells.other_codings,
        matched.code_set_id
    from matched
    inner join cells on matched.cell_number = cells.cell_number
)

select * from coding_matches
