{# Name of the first typed column (in the declared order) whose raw text is there but does not parse as its type, else null. #}
{% macro first_unparsable_column(source_name, table_name) -%}
    case
        {%- for column in delivered_columns(source_name, table_name) if column.type not in ('text', 'presence', 'codes', 'word') %}
        when
            {{ column.name }} is not null
            and {% if column.type in ('date', 'timestamp') %}{{ day_of(column.name) }}
            {%- elif column.type == 'number' %}{{ number_of(column.name) }}
            {%- elif column.type == 'integer' %}{{ whole_number_of(column.name) }}
            {%- elif column.type == 'boolean' %}{{ boolean_of(column.name) }}
            {%- else %}{{ exceptions.raise_compiler_error("column " ~ table_name ~ "." ~ column.name ~ " declares the unknown type '" ~ column.type ~ "'") }}
            {%- endif %} is null
            then '{{ column.name }}'
        {%- endfor %}
        when false then ''
    end
{%- endmacro %}
