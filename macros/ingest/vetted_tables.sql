{# The flat tables in the order of the documentation, each with the model that vets it; `unused` is what carries nothing for them. #}
{% macro vetted_tables() -%}
    {{ return({
        'patients': 'vetted_patients',
        'diagnoses': 'vetted_diagnoses',
        'medication_administrations': 'vetted_administrations',
        'medications': 'vetted_medications',
        'vitals': 'vetted_vitals',
        'assessments': 'vetted_assessments',
        'assessment_responses': 'vetted_assessment_responses',
        'adverse_events': 'vetted_adverse_events',
        'unused': 'vetted_unused',
    }) }}
{%- endmacro %}
