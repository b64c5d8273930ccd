{# Fails for each row for which `expression` is false or unknown. Counts only: no value is shown or kept. #}
{% test holds(model, expression, where_rows='true') %}

    select 1 as n_rows
    from {{ model }}
    where ({{ where_rows }}) and not coalesce({{ expression }}, false)

{% endtest %}
