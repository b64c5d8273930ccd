{# Every table that a reader lands, as (format, table) in the order of the declarations (`_<format>__sources.yml`). #}
{% macro delivered_tables() -%}
    {%- set by_format = {
        'ehr': [
            'patients', 'diagnoses', 'medication_administrations', 'medications', 'vitals', 'assessments',
            'assessment_responses', 'adverse_events',
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
