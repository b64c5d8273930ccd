"""Stands in for dbt's `adapter` where sqlfluff renders models by jinja alone (.sqlfluff, library_path)."""

from jinja2 import pass_context


@pass_context
def dispatch(context, name: str, package: str | None = None):
    """The macro `default__<name>`, as dbt chooses it for DuckDB."""
    return context[f"default__{name}"]
