"""The warehouse against an independent reading of the same rules, on deliveries dense with edge cases."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.integration.compare_warehouse import KEYS, compare
from tests.integration.conftest import MEASUREMENTS, SHAREABLE
from tests.integration.edge_deliveries import write_edge_deliveries

SEEDS = [1, 2, 3]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_difference(seed: int, build_warehouse: Callable[..., Path], tmp_path: Path) -> None:
    """Every row and cell of every public table is what the independent reading says."""
    raw = write_edge_deliveries(tmp_path / "raw", seed)
    differences = compare(build_warehouse(raw, but=SHAREABLE + MEASUREMENTS), raw)
    listed = "\n".join(str(difference) for difference in differences[:40])
    assert not differences, f"{len(differences)} differences (seed {seed}):\n{listed}"


def test_comparison_sees_changes(build_warehouse: Callable[..., Path], tmp_path: Path) -> None:
    """One changed number, one lost row and one lost flag of every table are reported: the comparison is not blind."""
    raw = write_edge_deliveries(tmp_path / "raw", seed=4, n_patients=30)
    warehouse = build_warehouse(raw, but=SHAREABLE + MEASUREMENTS)
    before = {str(difference) for difference in compare(warehouse, raw)}
    with duckdb.connect(str(warehouse)) as connection:
        for table in KEYS:
            connection.execute(f"delete from {table} where rowid = (select min(rowid) from {table})")
        connection.execute("update marts.infusions set dose_mg = dose_mg + 0.001 where dose_mg is not null")
        connection.execute("update marts.outcomes set is_worsened = not is_worsened")
        connection.execute("update marts.response_by_timepoint set ci_low = null")
    found = [difference for difference in compare(warehouse, raw) if str(difference) not in before]
    assert {difference.table for difference in found} == set(KEYS)
    columns = {(difference.table, difference.column) for difference in found}
    assert columns >= {
        ("marts.infusions", "dose_mg"),
        ("marts.outcomes", "is_worsened"),
        ("marts.response_by_timepoint", "ci_low"),
    }
