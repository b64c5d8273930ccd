with delivered as (
    {%- for arm in ['stg_fhir__unused', 'stg_omop__unused'] %}
    select
        {{ record_columns() }},
        is_malformed,
        restricted_label,
        missing_column,
        unparsable_column
    from {{ ref(arm) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

reasoned as (
    select
        {{ record_columns() }},
        case
            {{ first_problem() }}
        end as reason
    from delivered
),

vetted as (
    select
        *,
        {{ record_fate(is_newest='true') }} as fate
    from reasoned
)

select * from vetted
