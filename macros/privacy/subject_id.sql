{#
    A patient's number where a table asks for one: the first 13 digits (52 bits) of patient_key, which every tool holds
    exactly, also those that keep numbers as doubles. Two patients with one number are found by a test, never merged.
#}
{% macro subject_id(patient_key) -%}
    {{ hexadecimal_number('left(' ~ patient_key ~ ', 13)') }}
{%- endmacro %}
