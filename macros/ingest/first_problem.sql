{#
    The opening of a record's reason, for use inside a `case`: malformed, then restricted by a label, then
    missing, then unparsable columns.
    missing, unparsable: SQL expressions that name the first such column or are null.
#}
{% macro first_problem(missing='missing_column', unparsable='unparsable_column') -%}
    when is_malformed then 'malformed'
            when restricted_label is not null then 'restricted:' || restricted_label
            when {{ missing }} is not null then 'missing:' || {{ missing }}
            when {{ unparsable }} is not null then 'unparsable:' || {{ unparsable }}
{%- endmacro %}
