{%- set profiles = [
    'profiled_volumes',
    'profiled_completeness',
    'profiled_unmapped_values',
    'profiled_questionnaires',
    'profiled_figures',
] -%}

with publication_profile as (
    {%- for profile in profiles %}
    select * from {{ ref(profile) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from publication_profile
