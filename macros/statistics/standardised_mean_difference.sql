{#
    (mean_1 - mean_0) / sqrt((sd_1^2 + sd_0^2) / 2), a double without unit; null where the pooled variance is 0 or a part is
    missing (Austin 2009, doi 10.1002/sim.3697). For a proportion give variance p (1 - p).
#}
{% macro standardised_mean_difference(mean_1, mean_0, variance_1, variance_0) -%}
    ({{ mean_1 }} - {{ mean_0 }}) / nullif(sqrt(({{ variance_1 }} + {{ variance_0 }}) / 2), 0)
{%- endmacro %}
