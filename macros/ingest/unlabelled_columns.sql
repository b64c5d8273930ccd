{# The closing columns of an arm whose format knows neither security labels nor deletions. #}
{% macro unlabelled_columns() -%}
    cast(null as string) as restricted_label,
        false as is_deleted
{%- endmacro %}
