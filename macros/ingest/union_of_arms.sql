{#
    The rows of one flat table from every format: `arms` (names of staging models) one below the other, with `columns`
    between the record columns and those that every arm closes with (when it was changed, and what is wrong with it).
#}
{% macro union_of_arms(arms, columns) -%}
    {%- for arm in arms %}
    select
        {{ record_columns() }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        updated_at,
        is_malformed,
        restricted_label,
        is_deleted,
        missing_column,
        unparsable_column
    from {{ ref(arm) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
