"""dbt's own checks: nothing deprecated, every key known, all unit tests."""

from __future__ import annotations

from tests.integration.conftest import environment, failures_of, invoke_dbt, settings_for


def test_the_project_uses_nothing_deprecated_and_no_unknown_key(tmp_path, monkeypatch):
    """dbt checks its YAML against its JSON schema for some adapters only; here DuckDB is made one of them."""
    import dbt.jsonschemas.jsonschemas as jsonschemas

    adapters = {*jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS, "duckdb"}
    monkeypatch.setattr(jsonschemas, "_JSONSCHEMA_SUPPORTED_ADAPTERS", adapters)
    arguments = ["--warn-error", "parse", "--no-partial-parse", "--show-all-deprecations", "--target", "candidate"]
    with environment(**settings_for(tmp_path / "raw", tmp_path / "warehouse")):
        result = invoke_dbt(arguments, tmp_path)
    assert result.success, result.exception


def test_unit_tests_hold(sample_deliveries, sample_warehouse, manifest):
    """Data tests run in every refresh, so in test_refresh.py."""
    folder = sample_warehouse.parent
    with environment(**settings_for(sample_deliveries, folder)):
        result = invoke_dbt(["test", "--resource-type", "unit_test", "--target", "candidate"], folder, manifest)
    assert result.result is not None, result.exception
    assert result.result.results, "the project has no unit test"
    assert result.success, "\n".join(failures_of(result))
