"""Item 9 and substance use are tagged wherever they are a column, and stay out of what is shared."""

from __future__ import annotations

import re

import duckdb

# A column of such a name, whoever adds it, needs the tag.
SENSITIVE = re.compile(r"(^|_)(item_?9|sud|substance|suicid\w*|self_harm|audit_?c)(_|$)")


def columns_of(manifest) -> list[tuple]:
    """(layer, model, column) of every model."""
    models = [node for node in manifest.nodes.values() if node.resource_type == "model"]
    return [(node.fqn[1], node, column) for node in models for column in node.columns.values()]


def tagged(manifest) -> set[str]:
    """Names of the columns that carry the tag."""
    return {column.name for _, _, column in columns_of(manifest) if "sensitivity" in column.config.meta}


def test_item_9_and_substance_use_are_tagged(manifest):
    assert tagged(manifest) >= {"item9_score", "has_sud"}
    untagged = [
        f"{node.name}.{column.name}"
        for _, node, column in columns_of(manifest)
        if (SENSITIVE.search(column.name) or column.name in tagged(manifest))
        and "sensitivity" not in column.config.meta
    ]
    assert untagged == []


def test_no_sensitive_column_is_read_by_a_shareable_model(manifest):
    names = tagged(manifest)
    wrong = [
        f"{node.name}.{column.name}"
        for layer, node, column in columns_of(manifest)
        if layer == "shareable" and (column.name in names or SENSITIVE.search(column.name))
    ]
    assert wrong == []


def test_no_sensitive_level_is_among_the_shareable_values(sample_warehouse, manifest):
    words = tagged(manifest)
    with duckdb.connect(str(sample_warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name = 'shareable' and data_type = 'VARCHAR'"
        ).fetchall()
        assert columns
        found = []
        for table, column in columns:
            values = connection.execute(f'select distinct "{column}" from shareable."{table}"').fetchall()
            found += [
                f"{table}.{column}: {value}"
                for (value,) in values
                if value and (SENSITIVE.search(value) or any(word in value for word in words))
            ]
    assert found == []
