{# The number that a text of at most 15 hexadecimal digits stands for. #}
{% macro hexadecimal_number(digits) -%}
    {{ return(adapter.dispatch('hexadecimal_number', 'kit_outcomes')(digits)) }}
{%- endmacro %}

{% macro default__hexadecimal_number(digits) -%}
    cast('0x' || {{ digits }} as bigint)
{%- endmacro %}
