"""Nobody finds out what shareable.duckdb hides: an attacker with the definitions and a solver, on random networks.

A random network is a random part of the patients of a built one, with all tables from the marts on made anew.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pytest

from disclosure import release as releasing
from disclosure.populations import Equation, Lattice, equations
from disclosure.suppression import suppress
from tests.integration import attacker
from tests.integration.conftest import environment, invoke_dbt, settings_for, synthesize

SMALL = 11
FULL_PATIENTS = 1200
PATIENT_TABLES = [
    "clinical.baseline_forms",
    "clinical.kit_sessions",
    "clinical.timepoint_forms",
    "marts.assessments",
    "marts.cohort_patients",
    "marts.inductions",
    "marts.infusions",
    "marts.outcomes",
    "marts.patients",
    "marts.response_members",
]
MARTS = [
    "cohort_attrition",
    "cohort_characteristics",
    "outcome_completeness",
    "response_by_timepoint",
    "induction_summary",
]
SHARED = [*(f"shareable_{mart}" for mart in MARTS), "released_cells"]


@dataclass(frozen=True)
class Network:
    """A built warehouse, and the compiled SQL of the models from the marts on: (schema.table, SQL) in order."""

    warehouse: Path
    models: list[tuple[str, str]]

    def part(self, folder: Path, share: float, seed: int) -> Path:
        """A copy with a random part of the patients, and its marts."""
        folder.mkdir(parents=True)
        copy = Path(shutil.copyfile(self.warehouse, folder / "candidate.duckdb"))
        with duckdb.connect(str(copy), config={"threads": "1"}) as connection:
            keys = [
                key for (key,) in connection.execute("select patient_key from marts.patients order by 1").fetchall()
            ]
            draw = np.random.default_rng(seed)
            kept = [key for key, number in zip(keys, draw.random(len(keys)), strict=True) if number < share]
            connection.execute("create temporary table kept as select unnest(?::varchar[]) as patient_key", [kept])
            for table in PATIENT_TABLES:
                connection.execute(f"delete from {table} where patient_key not in (select patient_key from kept)")
            self._make(connection, MARTS)
        return copy

    def release(self, copy: Path, earlier: releasing.Ledger) -> None:
        """Make the shareable tables of a copy."""
        with duckdb.connect(str(copy), config={"threads": "1"}) as connection:
            self._make(connection, ["tabulated_counts"])
            tabulated = connection.execute("select terms, n, is_headline from disclosure.tabulated_counts").fetchall()
            rules = connection.execute("select premise, conclusion from disclosure.population_implications").fetchall()
            released = releasing.release(tabulated, rules, earlier, SMALL)  # noqa: F841 - read by DuckDB below
            connection.execute("create or replace table disclosure.suppressed_populations as select * from released")
            self._make(connection, ["released_counts", *SHARED])

    def _make(self, connection: duckdb.DuckDBPyConnection, names: list[str]) -> None:
        for name in names:
            (relation, sql) = next(model for model in self.models if model[0] == name)[1:]
            connection.execute(f"create or replace table {relation} as {sql}")


@pytest.fixture(scope="module")
def network(tmp_path_factory, trust, sample_warehouse, build_warehouse, manifest) -> Network:
    """The sample network, or a larger one where all attempts are made."""
    folder = tmp_path_factory.mktemp("disclosure")
    warehouse = sample_warehouse
    if trust.is_full:
        raw = synthesize(folder / "raw", FULL_PATIENTS, trust.seed)
        warehouse = build_warehouse(raw, but=())
    selected = [*MARTS, "tabulated_counts", "released_counts", *SHARED]
    with environment(**settings_for(folder / "none", warehouse.parent)):
        result = invoke_dbt(["compile", "--target", "candidate", "--select", *selected], folder)
    assert result.success, result.exception
    nodes = {one.node.name: one.node for one in result.result.results}
    return Network(
        warehouse,
        [(name, f'{nodes[name].schema}."{nodes[name].alias}"', nodes[name].compiled_code) for name in selected],
    )


def attack(copy: Path, seed: int, before: Path | None = None) -> tuple[int, int, list[str]]:
    """Numbers of counts and of hidden ones in a copy, and what an attacker narrows too far.

    before: an earlier publication. What it told and is still true counts as known, and what moved by little must stay
    unknown. What is told now and was true then counts as known in the earlier one.
    """
    with duckdb.connect(str(copy), read_only=True) as connection:
        system = attacker.system(connection)
        truth = attacker.published(connection, "marts")
    oracle, moved = {}, []
    if before is not None:
        with duckdb.connect(str(before), read_only=True) as connection:
            earlier_system = attacker.system(connection)
            earlier_truth = attacker.published(connection, "marts")
        told = {name: value for name, value in earlier_system.published.items() if value is not None}
        oracle = {name: value for name, value in told.items() if truth.get(name) == value}
        steps = {
            name: abs(value - truth[name])
            for name, value in told.items()
            if system.published.get(name) is not None and name in truth
        }
        told_again = [f"{name} moved by {step}" for name, step in steps.items() if 0 < step < SMALL]
        if told_again:
            return len(truth), 0, told_again
        now, then = attacker.Attack(system, truth), attacker.Attack(earlier_system, earlier_truth)
        old = dict(zip(then.names, then.values, strict=True))
        fixed = then.determined()
        moved = [
            name
            for name, value in zip(now.names, now.values, strict=True)
            if name in fixed and 0 < abs(value - old[name]) < SMALL
        ]
        told_later = {
            name: value
            for name, value in system.published.items()
            if value is not None and earlier_truth.get(name) == value
        }
        afterwards = attacker.Attack(earlier_system, earlier_truth, told_later)
        if found_later := afterwards.narrowed(SMALL, np.random.default_rng(seed)):
            return len(truth), 0, [f"later: {one}" for one in found_later]
    made = attacker.Attack(system, truth, oracle, moved)
    hidden = sum(1 for value in system.published.values() if value is None)
    return len(system.published), hidden, made.narrowed(SMALL, np.random.default_rng(seed))


def one_network(network: Network, folder: Path, seed: int) -> tuple[int, int, list[str]]:
    """Part, release and attack of one random network; in a process of its own."""
    share = float(np.random.default_rng(seed).choice([0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0]))
    copy = network.part(folder / str(seed), share, seed)
    network.release(copy, {})
    found = attack(copy, seed)
    shutil.rmtree(copy.parent)
    return found


def ledger_of(copy: Path) -> releasing.Ledger:
    """What a refresh would write of a copy into audit.released_cells."""
    query = (
        "select population, n_released, is_hidden, n_when_hidden from disclosure.suppressed_populations "
        "where not is_tabulated"
    )
    with duckdb.connect(str(copy), read_only=True) as connection:
        return {population: releasing.Told(*told) for population, *told in connection.execute(query).fetchall()}


def two_publications(network: Network, folder: Path, seed: int) -> tuple[int, int, list[str]]:
    """A network, and the same with a few patients more or less, published one after the other."""
    draw = np.random.default_rng(seed)
    share = float(draw.choice([0.3, 0.6, 0.8]))
    first = network.part(folder / f"{seed}a", share, seed)
    network.release(first, {})
    earlier = ledger_of(first)
    second = network.part(folder / f"{seed}b", share + float(draw.choice([-0.02, 0.01, 0.03, 0.1])), seed)
    network.release(second, earlier)
    found = attack(second, seed, first)
    shutil.rmtree(first.parent)
    shutil.rmtree(second.parent)
    return found


def in_parallel(work, network: Network, folder: Path, seeds: list[int]) -> list[tuple[int, int, list[str]]]:
    """The results of the work for each seed, from as many processes as there are cores."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(work, [network] * len(seeds), [folder] * len(seeds), seeds))


def test_a_solver_narrows_no_hidden_count_of_random_networks(network, tmp_path, trust):
    attempts = trust.attempts(3, 100)
    results = in_parallel(one_network, network, tmp_path, [1000 * trust.seed + number for number in range(attempts)])
    failed = {number: narrowed[:5] for number, (_, _, narrowed) in enumerate(results) if narrowed}
    assert failed == {}
    hidden = sum(hidden for _, hidden, _ in results)
    assert hidden > 0
    counts = sum(counts for counts, _, _ in results)
    trust.tell(
        "counts that a solver could narrow to fewer than 11 values",
        f"0 of {hidden:,} hidden ones (of {counts:,} counts in {attempts} random networks)",
    )


def test_two_publications_tell_no_small_difference(network, tmp_path, trust):
    attempts = trust.attempts(1, 10)
    results = in_parallel(
        two_publications, network, tmp_path, [2000 * trust.seed + number for number in range(attempts)]
    )
    assert {number: narrowed[:5] for number, (_, _, narrowed) in enumerate(results) if narrowed} == {}
    trust.tell("pairs of publications that differ by little", f"{attempts} of {attempts} told no small difference")


@pytest.fixture(scope="module")
def half(network, tmp_path_factory) -> Path:
    """Half of the network, with what may be shared of it."""
    copy = network.part(tmp_path_factory.mktemp("half") / "network", 0.5, 1)
    network.release(copy, {})
    return copy


def shared_rows(copy: Path) -> list:
    """All rows of the shareable tables."""
    with duckdb.connect(str(copy), read_only=True) as connection:
        return [connection.execute(f"select * from shareable.{mart} order by all").fetchall() for mart in MARTS]


def test_the_attacker_recovers_counts_where_only_the_small_ones_are_hidden(half):
    """An attack that cannot succeed would prove nothing."""
    with duckdb.connect(str(half), read_only=True) as connection:
        system = attacker.system(connection)
        truth = attacker.published(connection, "marts")
    for name in system.published:
        system.published[name] = None if 0 < truth[name] < SMALL else truth[name]
    narrowed = attacker.Attack(system, truth).narrowed(SMALL, np.random.default_rng(1), individual=40)
    assert len(narrowed) > 10


def test_integer_programmes_narrow_no_more_than_linear_ones(half, trust):
    """Counts are whole numbers: an exact attack on some of the hidden ones."""
    with duckdb.connect(str(half), read_only=True) as connection:
        made = attacker.Attack(attacker.system(connection), attacker.published(connection, "marts"))
    attempts = trust.attempts(3, 40)
    targets = np.random.default_rng(trust.seed).choice(made.targets(), size=attempts, replace=False)
    ranges = {made.names[target]: made.range_of(int(target)) for target in targets}
    assert {name: ends for name, ends in ranges.items() if ends[1] - ends[0] < SMALL - 1 or ends[1] < SMALL} == {}
    trust.tell("hidden counts under an exact integer attack", f"{attempts} of {attempts} keep at least 11 values")


def test_figures_are_told_only_where_all_of_their_counts_are(half):
    """A rate with a known denominator is a count."""
    with duckdb.connect(str(half), read_only=True) as connection:
        for table, figures, counts in [
            ("outcome_completeness", ["outcome_data_rate", "ci_low", "ci_high"], ["n_complete", "n_eligible"]),
            ("response_by_timepoint", ["response_rate", "ci_low", "ci_high"], ["n_responders", "n_observed"]),
            ("response_by_timepoint", ["bound_low", "bound_high"], ["n_responders", "n_observed", "n_denominator"]),
            ("response_by_timepoint", ["remission_rate"], ["n_remission", "n_observed"]),
            ("response_by_timepoint", ["mean_change", "sd_change", "mean_score", "d_z", "hedges_g"], ["n_observed"]),
            ("induction_summary", ["met_rate", "ci_low", "ci_high"], ["n_met", "n"]),
            ("induction_summary", ["mean_final_dose_mg_per_kg", "median_final_dose_mg_per_kg"], ["n_with_dose"]),
            ("cohort_characteristics", ["share"], ["n", "n_denominator"]),
            ("cohort_characteristics", ["mean", "sd", "median", "q1", "q3"], ["n"]),
            ("cohort_attrition", ["share_of_first"], ["n_remaining"]),
        ]:
            hidden = " or ".join(f"{count} is null" for count in counts)
            told = " or ".join(f"{figure} is not null" for figure in figures)
            query = f"select count(*) from shareable.{table} where ({hidden}) and ({told})"
            assert connection.execute(query).fetchone() == (0,), (table, figures)
            assert connection.execute(f"select count(*) from shareable.{table} where {told}").fetchone() > (0,), table


def test_the_same_network_again_is_published_the_same_way(network, half):
    """What was told stays told, and what was hidden stays hidden: two views of one network would add up."""
    first = shared_rows(half)
    network.release(half, ledger_of(half))
    assert shared_rows(half) == first


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        # One small part of a whole: the whole or a brother goes with it.
        ({"all": 40, "a": 10, "b": 30}, 2),
        ({"all": 41, "a": 11, "b": 30}, 0),
        ({"all": 40, "a": 0, "b": 40}, 0),
        # Two small ones guard each other only if each could be 11 or more: 3 + 4 = 7 tells that none is.
        ({"all": 7 + 30, "a": 3, "b": 4, "c": 30}, 3),
    ],
)
def test_a_small_part_hides_a_second_count(counts, hidden):
    populations = {"all": frozenset()} | {name: frozenset({f"group: {name}"}) for name in counts if name != "all"}
    lattice = Lattice.of(populations.values(), [])
    masks = {name: lattice.population(terms) for name, terms in populations.items()}
    found, known = equations(lattice, {masks[name]: count for name, count in counts.items()}, SMALL)
    suppressed, _ = suppress(found, known, dict.fromkeys(masks.values(), (False, 1)), {}, SMALL)
    assert len(suppressed) == hidden
    assert all(masks[name] in suppressed for name, count in counts.items() if 0 < count < SMALL)


@pytest.mark.parametrize(
    ("before", "now", "is_hidden"), [(40, 50, True), (40, 51, False), (40, 40, False), (50, 40, True)]
)
def test_a_count_that_moved_by_little_is_hidden(before, now, is_hidden):
    suppressed, _ = suppress(
        [Equation("all", ("a", "b"))],
        {"all": now + 30, "a": now, "b": 30},
        {"all": (True, 1), "a": (False, 1), "b": (False, 1)},
        {"a": before, "b": 30},
        SMALL,
    )
    assert ("a" in suppressed) is is_hidden


@pytest.mark.parametrize(("all_before", "stays_hidden"), [(60, True), (90, False)])
def test_what_was_hidden_stays_hidden_until_a_told_count_moves(all_before, stays_hidden):
    """Half of 60 by sex: a search from nothing would tell all of them."""
    cells = [("", 60, True), ("sex: female", 30, False), ("sex: male", 30, False)]
    hidden_then = releasing.Told(None, True)
    ledger = {"": releasing.Told(all_before, False), "sex: female": hidden_then, "sex: male": hidden_then}
    rows = releasing.release(cells, [], ledger, SMALL).to_pylist()
    hidden = {row["terms"] for row in rows if row["is_tabulated"] and row["is_hidden"]}
    assert hidden == ({"sex: female", "sex: male"} if stays_hidden else set())


def test_terms_bring_others_and_exclude_others():
    rules = [(frozenset({"fourth: yes"}), frozenset({"third: yes"}))]
    lattice = Lattice.of([frozenset({"sex: female", "fourth: yes"}), frozenset({"sex: male"})], rules)
    assert lattice.text(lattice.population({"fourth: yes"})) == "fourth: yes; third: yes"
    assert lattice.text(lattice.population({"third: no"})) == "fourth: no; third: no"
    assert lattice.population({"third: no", "fourth: yes"}) is None
    assert lattice.population({"sex: female", "sex: male"}) is None


def test_two_counts_of_one_population_must_agree():
    rules = [("fourth: yes", "third: yes")]
    cells = [("fourth: yes", 20, True), ("third: yes; fourth: yes", 21, True)]
    with pytest.raises(ValueError, match="one population"):
        releasing.release(cells, rules, {}, SMALL)


@pytest.mark.parametrize(("before", "is_told"), [(50, True), (45, False)])
def test_a_ledger_is_understood_where_seeds_have_changed_since(before, is_told):
    """A new definition of the induction brings a term that others imply: the populations are the same."""
    cells = [("", 100, True), ("fourth: yes", 50, False), ("fourth: no", 50, False)]
    old_rules, new_rules = [("fourth: yes", "third: yes")], [("fourth: yes", "third: yes; new: yes")]
    old = releasing.release(cells, old_rules, {}, SMALL).to_pylist()
    names = {row["terms"]: row["population"] for row in old if row["is_tabulated"]}
    assert names["fourth: yes"] == "fourth: yes; third: yes"
    earlier = {names["fourth: yes"]: releasing.Told(before, False)}
    rows = releasing.release(cells, new_rules, earlier, SMALL).to_pylist()
    now = {row["terms"]: row for row in rows if row["is_tabulated"]}
    assert now["fourth: yes"]["population"] == "fourth: yes; new: yes; third: yes"
    assert (now["fourth: yes"]["n_released"] is not None) is is_told
    assert [row["population"] for row in rows if not row["is_tabulated"]].count("fourth: yes; third: yes") == 0


@pytest.mark.parametrize(("then", "stays_hidden"), [(30, True), (20, True), (19, False), (40, True), (41, False)])
def test_what_was_hidden_is_told_once_it_has_moved(then, stays_hidden):
    """Although everybody was told and moved: who closes a year knows that its number stands."""
    cells = [("", 60, True), ("sex: female", 30, False), ("sex: male", 30, False)]
    hidden_then = releasing.Told(None, True, then)
    ledger = {"": releasing.Told(90, False), "sex: female": hidden_then, "sex: male": hidden_then}
    rows = releasing.release(cells, [], ledger, SMALL).to_pylist()
    hidden = {row["terms"] for row in rows if row["is_tabulated"] and row["is_hidden"]} - {""}
    assert hidden == ({"sex: female", "sex: male"} if stays_hidden else set())
    kept = {row["population"]: row["n_when_hidden"] for row in rows if not row["is_tabulated"] and row["is_hidden"]}
    assert {kept[name] for name in hidden} == ({then} if stays_hidden else set())


def test_a_new_year_does_not_tell_what_was_hidden_beside_a_small_one():
    """2019 and 2020 were hidden, 25 together; 2024 would be the cheaper complement now, and 2019 tell 2020."""

    def cells(**years: int) -> list[tuple[str, int, bool]]:
        return [("", sum(years.values()), True)] + [
            (f"index_year: {year[1:]}", count, False) for year, count in years.items()
        ]

    first = releasing.release(cells(y2017=95, y2018=100, y2019=20, y2020=5), [], {}, SMALL).to_pylist()
    ledger = {
        row["population"]: releasing.Told(row["n_released"], row["is_hidden"], row["n_when_hidden"])
        for row in first
        if not row["is_tabulated"]
    }
    hidden_first = {row["terms"] for row in first if row["is_tabulated"] and row["is_hidden"]}
    assert hidden_first >= {"index_year: 2020"}
    second = releasing.release(cells(y2017=95, y2018=100, y2019=20, y2020=5, y2024=14), [], ledger, SMALL).to_pylist()
    assert {row["terms"] for row in second if row["is_tabulated"] and row["is_hidden"]} >= hidden_first


@pytest.mark.parametrize(("third_now", "is_told"), [(33, False), (41, True), (30, True)])
def test_a_difference_of_two_told_counts_moves_by_little_or_not_at_all(third_now, is_told):
    """100 and 70 told, 30 between them; what lies between is too small to tell, so nothing else ties the two."""
    rules = [("fourth: yes", "third: yes"), ("third: yes", "second: yes")]
    ledger = {"": releasing.Told(200, False), "second: yes": releasing.Told(100, False)}
    ledger |= {"fourth: yes; second: yes; third: yes": releasing.Told(70, False)}
    inner = 90
    cells = [("", 260, True), ("second: yes", inner + third_now, False), ("fourth: yes", inner, False)]
    cells.append(("third: yes", inner + 4, False))
    rows = releasing.release(cells, rules, ledger, SMALL).to_pylist()
    told = {row["terms"] for row in rows if row["is_tabulated"] and not row["is_hidden"]}
    assert ({"second: yes", "fourth: yes"} <= told) is is_told


def test_what_was_told_is_known_although_files_are_damaged(tmp_path, monkeypatch):
    """Asked one after the other: the restricted file, the shared one, those of the publication before."""
    tellings = [
        (9, None, "publications/before", "shareable"),
        (21, None, "publications/now", "shareable"),
        (22, 7, "publications/now", "audit"),
    ]
    monkeypatch.setenv("KIT_WAREHOUSE_DIR", str(tmp_path))
    assert releasing.earlier_release() == {}
    (tmp_path / "current").symlink_to("publications/now")
    for count, n_when_hidden, folder, schema in tellings:
        file = tmp_path / folder / ("shareable.duckdb" if schema == "shareable" else "kit.duckdb")
        file.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute(f"attach '{file}' as made")
            connection.execute(f"create schema made.{schema}")
            connection.execute(
                f"create table made.{schema}.released_cells as "
                f"select 'sex: female' as population, {count} as n_released, false as is_hidden "
                "union all select 'sex: male', null, true"
            )
            if schema == "audit":
                connection.execute("alter table made.audit.released_cells add column n_when_hidden bigint")
                connection.execute(
                    f"update made.audit.released_cells set n_when_hidden = {n_when_hidden} where is_hidden"
                )
        assert releasing.earlier_release() == {
            "sex: female": releasing.Told(count, False),
            "sex: male": releasing.Told(None, True, n_when_hidden),
        }
    for count, file in ((21, "current/kit.duckdb"), (9, "current/shareable.duckdb")):
        (tmp_path / file).write_bytes(b"torn")
        assert releasing.earlier_release()["sex: female"] == releasing.Told(count, False)
    (tmp_path / "publications/before/shareable.duckdb").unlink()
    assert releasing.earlier_release() == {}
