{#- Every column that aliases map: the model that vets it, the flat table, the flat table's column. -#}
{%- set mapped_columns = [
    ('vetted_patients', 'patients', 'sex'),
    ('vetted_patients', 'patients', 'race'),
    ('vetted_patients', 'patients', 'ethnicity'),
    ('vetted_diagnoses', 'diagnoses', 'status'),
    ('vetted_administrations', 'medication_administrations', 'route'),
    ('vetted_administrations', 'medication_administrations', 'dose_unit'),
    ('vetted_administrations', 'medication_administrations', 'status'),
    ('vetted_medications', 'medications', 'route'),
    ('vetted_medications', 'medications', 'status'),
    ('vetted_vitals', 'vitals', 'vital'),
    ('vetted_vitals', 'vitals', 'unit'),
    ('vetted_assessments', 'assessments', 'instrument'),
    ('vetted_assessments', 'assessments', 'status'),
] -%}

with unmapped as (
    {%- for vetted, table_name, column_name in mapped_columns %}
    select
        site_id,
        '{{ table_name }}' as table_name,
        '{{ column_name }}' as column_name,
        {{ column_name }}_text as raw_value,
        delivered_on
    from {{ ref(vetted) }}
    where
        is_{{ column_name }}_unmapped
        {%- if (table_name, column_name) == ('vitals', 'unit') %}
        -- The unknown unit of a weight is the very reason why its record is quarantined.
        and (fate <> 'quarantined' or is_weight)
        {%- else %}
        and fate <> 'quarantined'
        {%- endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

unmapped_values as (
    select
        site_id,
        table_name,
        column_name,
        raw_value,
        count(*) as n_records,
        min(delivered_on) as first_seen_on,
        max(delivered_on) as last_seen_on
    from unmapped
    group by site_id, table_name, column_name, raw_value
)

select * from unmapped_values
