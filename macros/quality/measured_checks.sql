{# The measurements of several checks over one relation. checks: list of dictionaries with the arguments of `measured`. #}
{% macro measured_checks(relation, checks) -%}
    {%- for check in checks %}
    {{ measured(relation=relation, **check) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
