{%- set measurements = [
    'measured_administrations',
    'measured_clinics',
    'measured_dates',
    'measured_diagnoses',
    'measured_doses',
    'measured_files',
    'measured_form_answers',
    'measured_forms',
    'measured_patients',
    'measured_records',
    'measured_vital_signs',
    'measured_weights',
] -%}

with check_measurements as (
    {%- for measurement in measurements %}
    select
        check_id,
        subject,
        n_checked,
        n_violating,
        false as has_error
    from {{ ref(measurement) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from check_measurements
