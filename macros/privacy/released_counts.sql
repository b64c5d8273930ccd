{#
    Select: one row per row of a shareable table (its `row_key`), with a column for each measure: the count, or null where it
    is hidden; and `is_suppressed`, true where one of them is. released: the relation of model released_counts.
#}
{% macro released_counts(released, table_name, measures) -%}
    select
        row_key,
        {%- for measure in measures %}
        max(case when measure = '{{ measure }}' then n_released end) as {{ measure }},
        {%- endfor %}
        bool_or(n_released is null) as is_suppressed
    from {{ released }}
    where table_name = '{{ table_name }}'
    group by row_key
{%- endmacro %}
