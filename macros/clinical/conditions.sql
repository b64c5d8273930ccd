{# The conditions that every patient is described by (columns has_<condition> of marts.patients): names of code sets, in the order of the columns. #}
{% macro conditions() -%}
    {{ return(['ptsd', 'mdd', 'gad', 'adhd', 'panic', 'bipolar', 'psychosis', 'sud']) }}
{%- endmacro %}
