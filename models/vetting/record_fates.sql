{{ config(materialized='view') }}

{%- for table_name, vetted in vetted_tables().items() %}
{{ record_fates(vetted, table_name, has_parts=table_name in ['vitals', 'assessments', 'assessment_responses']) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
