{#
    What became of a record, exactly one of quarantined, retracted, superseded, duplicate, accepted; the first that holds
    decides. is_retracted, is_newest, is_duplicate: boolean SQL expressions; quarantined is a reason that is not null.
#}
{% macro record_fate(is_retracted='false', is_newest='is_newest', is_duplicate='false') -%}
    case
        when reason is not null then 'quarantined'
        when {{ is_retracted }} then 'retracted'
        when not {{ is_newest }} then 'superseded'
        when {{ is_duplicate }} then 'duplicate'
        else 'accepted'
    end
{%- endmacro %}
