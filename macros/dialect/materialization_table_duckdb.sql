{#-
  DuckDB changes its catalog within transactions: a model is dropped, created and filled in one of them, and readers see
  the old table until its end. The adapter's own materialization builds beside and renames, which costs a
  sixth of a build of many small tables.
-#}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="table") -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing is not none %}
        {%- do adapter.drop_relation(existing) %}
    {%- endif %}
    {%- call statement("main", language=model["language"]) -%}
        {{- create_table_as(False, target, compiled_code, model["language"]) -}}
    {%- endcall %}
    {%- do persist_docs(target, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [target]}) }}
{% endmaterialization %}
