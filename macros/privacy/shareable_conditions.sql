{# The conditions that may be shared: those of conditions() whose column has_<condition> is not tagged as sensitive. #}
{% macro shareable_conditions() -%}
    {{ return(conditions() | reject('in', ['sud']) | list) }}
{%- endmacro %}
