{# Completed years from `birth_date` to `day_on`; a birthday on 29 February is completed on 1 March. #}
{% macro full_years(birth_date, day_on) -%}
    (
        extract(year from {{ day_on }}) - extract(year from {{ birth_date }})
        - case
            when
                extract(month from {{ day_on }}) * 100 + extract(day from {{ day_on }})
                < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }})
                then 1
            else 0
        end
    )
{%- endmacro %}
