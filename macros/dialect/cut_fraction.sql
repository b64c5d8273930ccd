{# `text` with every fraction of a second cut to six digits, the most that a timestamp holds; cut, not rounded. Other text stays as it is. #}
{% macro cut_fraction(text) -%}
    {{ return(adapter.dispatch('cut_fraction', 'kit_outcomes')(text)) }}
{%- endmacro %}

{% macro default__cut_fraction(text) -%}
    regexp_replace({{ text }}, '([.][0-9]{6})[0-9]+', '\1')
{%- endmacro %}
