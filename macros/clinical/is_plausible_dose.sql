{#
    true where a dose in mg/kg lies within dose_mg_per_kg_min .. dose_mg_per_kg_max, both included. Compared at 12
    decimals: 244.8 mg / 81.6 kg is 3 and not 3.0000000000000004.
#}
{% macro is_plausible_dose(dose_mg_per_kg) -%}
    (
        round({{ dose_mg_per_kg }}, 12) >= {{ var('dose_mg_per_kg_min') }}
        and round({{ dose_mg_per_kg }}, 12) <= {{ var('dose_mg_per_kg_max') }}
    )
{%- endmacro %}
