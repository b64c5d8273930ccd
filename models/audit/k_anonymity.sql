{#- What a stranger may know of a patient, from the most to the least. Age is known by ten years. -#}
{%- set quasi_identifier_sets = [
    ['age_band', 'sex', 'race', 'zip3', 'index_year', 'site_key'],
    ['age_band', 'sex', 'race', 'zip3', 'index_year'],
    ['age_band', 'sex', 'race', 'index_year'],
    ['age_band', 'sex'],
] -%}
{%- set patient_marts = {
    'patients': 'marts_patients',
    'infusions': 'infusions',
    'inductions': 'inductions',
    'assessments': 'marts_assessments',
    'outcomes': 'outcomes',
    'cohort_patients': 'cohort_patients',
} -%}

with marts_patients as (
    select * from {{ ref('marts_patients') }}
),

described as (
    select
        patient_key,
        coalesce(cast(age_at_index - age_at_index % 10 as string), '') as age_band,
        coalesce(sex, '') as sex,
        coalesce(race, '') as race,
        coalesce(zip3, '') as zip3,
        coalesce(cast(index_year as string), '') as index_year,
        site_key
    from marts_patients
),

members as (
    {%- for mart, model in patient_marts.items() %}
    select
        '{{ mart }}' as mart,
        patient_key
    from {{ ref(model) }}
    group by patient_key
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

classes as (
    {%- for columns in quasi_identifier_sets %}
    select
        members.mart,
        '{{ columns | join(", ") }}' as quasi_identifiers,
        count(*) as n_patients
    from members
    inner join described on members.patient_key = described.patient_key
    group by
        {%- for column in columns %}
        described.{{ column }},
        {%- endfor %}
        members.mart
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

judged as (
    select
        mart,
        quasi_identifiers,
        n_patients,
        n_patients < {{ var('k_anonymity_min') }} as is_small
    from classes
),

k_anonymity as (
    select
        mart,
        quasi_identifiers,
        cast(sum(n_patients) as bigint) as n_patients,
        count(*) as n_classes,
        min(n_patients) as k_min,
        count(case when is_small then 1 end) as n_small_classes,
        cast(sum(case when is_small then n_patients else 0 end) as bigint) as n_patients_in_small_classes
    from judged
    group by mart, quasi_identifiers
)

select * from k_anonymity
