{#
    Fails once for each rule that is false or unknown for at least one row. `rules`: {sentence: SQL expression}. One pass
    over the model for all of them. Counts only: no value is shown or kept.
#}
{% test all_hold(model, rules) %}

{%- set counts = [] -%}
{%- set broken = [] -%}
{%- for sentence, expression in rules.items() -%}
{%- set count = 'broken_' ~ loop.index -%}
{%- do counts.append('count(case when not coalesce((' ~ expression ~ '), false) then 1 end) as ' ~ count) -%}
{%- do broken.append("select '" ~ sentence ~ "' as broken_rule, " ~ count ~ " as n_rows from counted where " ~ count ~ " > 0") -%}
{%- endfor %}

    with counted as (
        select {{ counts | join(', ') }}
        from {{ model }}
    )

    {{ broken | join(' union all ') }}

{% endtest %}
