{# The keyed hash that names a patient to the right of core: of the site and the surviving local id. #}
{% macro patient_key(patient_id, site_id='site_id') -%}
    {{ pseudonym('patient', [site_id, patient_id]) }}
{%- endmacro %}
