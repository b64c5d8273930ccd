{#
    The columns of a flat table as its source declares them, in order: a list of {name, type, is_required}. Columns that
    the reader adds (site_id, file, row_number, ...) are left out. Empty while dbt parses, when the graph is not there yet.
#}
{% macro delivered_columns(source_name, table_name) -%}
    {%- set columns = [] -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == source_name and node.name == table_name -%}
            {%- for name, column in node.columns.items() -%}
                {%- set meta = column.config.meta or column.meta or {} -%}
                {%- if not meta.get('reader', false) -%}
                    {%- do columns.append({'name': name, 'type': meta['type'], 'is_required': meta.get('required', false)}) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}
