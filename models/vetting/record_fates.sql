{{ config(materialized='view') }}

{%- for table_name, vetted in vetted_tables().items() %}
{{ record_fates(vetted, table_name) }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
