{# The names of the columns of a flat table that identify a person: the reader knows and drops them. Empty while dbt parses. #}
{% macro identifier_columns(source_name, table_name) -%}
    {%- set names = [] -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == source_name and node.name == table_name -%}
            {%- do names.extend(node.config.meta.get('identifiers', [])) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro %}
