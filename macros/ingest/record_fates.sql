{#
    The fate and the reason of every record of one vetted model, named after the flat table that it was brought to.
    has_parts: whether one record may give several rows; all but its own row are left out.
#}
{% macro record_fates(vetted, table_name, has_parts=false) -%}
    select
        {{ record_columns() }},
        '{{ table_name }}' as table_name,
        fate,
        reason
    from {{ ref(vetted) }}
    {%- if has_parts %}
    where not is_part
    {%- endif %}
{%- endmacro %}
