{# Every table that a reader lands, as (format, table) in the order of the declarations (`_<format>__sources.yml`). #}
{% macro delivered_tables() -%}
    {%- set by_format = {
        'ehr': [
            'patients', 'diagnoses', 'medication_administrations', 'medications', 'vitals', 'assessments',
            'assessment_responses', 'adverse_events',
        ],
        'fhir': [
            'patient', 'condition', 'encounter', 'medication', 'medication_administration', 'medication_request',
            'medication_statement', 'observation', 'questionnaire_response', 'adverse_event', 'bundle', 'other_resource',
        ],
        'omop': [
            'person', 'observation_period', 'visit_occurrence', 'death', 'condition_occurrence', 'drug_exposure',
            'measurement', 'observation', 'concept', 'concept_ancestor', 'drug_strength', 'cdm_source',
        ],
    } -%}
    {%- set tables = [] -%}
    {%- for format, names in by_format.items() -%}
        {%- for name in names -%}
            {%- do tables.append((format, name)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(tables) }}
{%- endmacro %}
