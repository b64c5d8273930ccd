with diagnoses as (
    select * from {{ ref('diagnoses') }}
),

diagnosis_code_sets as (
    select * from {{ ref('diagnosis_code_sets') }}
),

cells as (
    select other_codings
    from diagnoses
    where other_codings is not null
    group by other_codings
),

codings as (
    select
        cells.other_codings,
        {{ remove_matches('cell_codings.coding', '[|].*$') }} as code_system,
        {{ remove_matches('cell_codings.coding', '^[^|]*[|]') }} as code
    from cells
    {{ split_rows("replace(cells.other_codings, ' ', ',')", 'cell_codings', 'coding') }}
),

matched as (
    select
        codings.other_codings,
        diagnosis_code_sets.code_set_id
    from codings
    inner join diagnosis_code_sets
        on
            codings.code_system = diagnosis_code_sets.code_system
            and (
                codings.code = diagnosis_code_sets.code
                or (diagnosis_code_sets.is_prefix and left(codings.code, length(diagnosis_code_sets.code)) = diagnosis_code_sets.code)
            )
    group by codings.other_codings, diagnosis_code_sets.code_set_id
)

select * from matched
