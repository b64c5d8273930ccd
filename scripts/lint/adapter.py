"""Stands in for dbt's `adapter` where sqlfluff renders models by jinja alone (.sqlfluff, library_path)."""

from jinja2 import Environment, pass_context

_compile = Environment.compile
_compiled = {}


def _compile_once(environment, source, *arguments, **options):
    """sqlfluff compiles every macro anew for every file, which takes longer than its rules: the code is kept."""
    if not isinstance(source, str):
        return _compile(environment, source, *arguments, **options)
    key = (type(environment), source, arguments, tuple(sorted(options.items())))
    if key not in _compiled:
        _compiled[key] = _compile(environment, source, *arguments, **options)
    return _compiled[key]


Environment.compile = _compile_once


@pass_context
def dispatch(context, name: str, package: str | None = None):
    """The macro `default__<name>`, as dbt chooses it for DuckDB."""
    return context[f"default__{name}"]
