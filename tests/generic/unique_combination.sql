{# Fails for each combination of `columns` that more than one row has. Counts only: no value is shown or kept. #}
{% test unique_combination(model, columns) %}

    select count(*) as n_rows
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1

{% endtest %}
