"""Small hand-made warehouses with the columns that the guards of completeness read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

INSTRUMENTS = {"ptsd_kit": "PCL-5", "depression_kit": "PHQ-9", "depression_anxiety_kit": "QIDS-SR16"}


def wilson(n: int, n_of: int) -> tuple[float | None, float | None]:
    """Wilson's 95 % interval."""
    if n_of == 0:
        return None, None
    z, share = 1.959963984540054, n / n_of
    middle = (share + z * z / (2 * n_of)) / (1 + z * z / n_of)
    half = z / (1 + z * z / n_of) * (share * (1 - share) / n_of + z * z / (4 * n_of * n_of)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def write_warehouse(path: Path, rows: Iterable[tuple[str, str, str, int, int]]) -> Path:
    """Write marts.outcome_completeness and what its suite joins; returns `path`.

    rows: (study_id, stratum_kind, stratum, n_complete, n_eligible), for the primary instrument of each study. A site's
    stratum is key-<site_id>, as core.patients has it.
    """
    with duckdb.connect(str(path), config={"storage_compatibility_version": "v1.4.0"}) as connection:
        for schema in ("seeds", "core", "marts", "audit"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table seeds.study_instruments (study_id varchar, instrument varchar, is_primary boolean)"
        )
        connection.executemany(
            "insert into seeds.study_instruments values (?, ?, true)", [list(pair) for pair in INSTRUMENTS.items()]
        )
        connection.execute(
            "create table seeds.published_figures as select 'ptsd_kit' as study_id, 'post' as variant, "
            "'outcome_data_rate' as computed_metric, 'PCL-5' as instrument, "
            "cast(0.165 as decimal(18, 6)) as published_value"
        )
        connection.execute("create table core.patients (site_id varchar, patient_id varchar, site_key varchar)")
        connection.execute(
            "create table marts.outcome_completeness (study_id varchar, instrument varchar, stratum_kind varchar, "
            "stratum varchar, n_eligible bigint, n_complete bigint, "
            "outcome_data_rate double, ci_low double, ci_high double)"
        )
        for study_id, stratum_kind, stratum, n_complete, n_eligible in rows:
            rate = n_complete / n_eligible if n_eligible else None
            connection.execute(
                "insert into marts.outcome_completeness values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    *(study_id, INSTRUMENTS.get(study_id, "PCL-5"), stratum_kind, stratum),
                    *(n_eligible, n_complete, rate, *wilson(n_complete, n_eligible)),
                ],
            )
            if stratum_kind == "site":
                site_id = stratum.removeprefix("key-")
                connection.execute("insert into core.patients values (?, ?, ?)", [site_id, "1", stratum])
    return path


def network(n_complete: int, n_eligible: int, **sites: tuple[int, int]) -> list[tuple[str, str, str, int, int]]:
    """Rows of ptsd_kit: the whole network, and sites as name=(n_complete, n_eligible)."""
    rows = [("ptsd_kit", "all", "all", n_complete, n_eligible)]
    rows += [("ptsd_kit", "site", f"key-{name}", *counts) for name, counts in sites.items()]
    rows += [(study_id, "all", "all", 0, 0) for study_id in INSTRUMENTS if study_id != "ptsd_kit"]
    return rows
