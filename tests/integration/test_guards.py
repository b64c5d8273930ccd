"""The guards: the datasource keeps its contract with Great Expectations, and completeness is guarded as declared."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from guards.results import COLUMNS, GuardResult, store
from guards.suites import QUERY_TYPE, Rule, Suite, SuiteError, load_suites
from tests.integration.conftest import ROOT
from tests.integration.small_warehouse import network, write_warehouse

SUITES = ROOT / "tests" / "expectations"

# (type, arguments that hold, arguments that do not) on marts.observations, below.
CONTRACT = [
    ("expect_column_to_exist", {"column": "age"}, {"column": "nowhere"}),
    ("expect_column_values_to_not_be_null", {"column": "age"}, {"column": "note"}),
    ("expect_column_values_to_be_null", {"column": "empty"}, {"column": "age"}),
    ("expect_column_values_to_be_unique", {"column": "id"}, {"column": "sex"}),
    (
        "expect_column_values_to_be_in_set",
        {"column": "sex", "value_set": ["f", "m"]},
        {"column": "sex", "value_set": ["f"]},
    ),
    (
        "expect_column_values_to_not_be_in_set",
        {"column": "sex", "value_set": ["x"]},
        {"column": "sex", "value_set": ["f"]},
    ),
    (
        "expect_column_values_to_be_between",
        {"column": "age", "min_value": 20, "max_value": 60},
        {"column": "age", "min_value": 30},
    ),
    (
        "expect_column_values_to_match_regex",
        {"column": "code", "regex": "^F[0-9]+$"},
        {"column": "code", "regex": "^F4[0-9]$"},
    ),
    (
        "expect_column_values_to_not_match_regex",
        {"column": "code", "regex": "^G.*$"},
        {"column": "code", "regex": "^F43$"},
    ),
    (
        "expect_column_values_to_match_regex_list",
        {"column": "code", "regex_list": ["^F.*$"]},
        {"column": "code", "regex_list": ["^G.*$"]},
    ),
    (
        "expect_column_values_to_not_match_regex_list",
        {"column": "code", "regex_list": ["^G.*$"]},
        {"column": "code", "regex_list": ["^F.*$"]},
    ),
    (
        "expect_column_value_lengths_to_be_between",
        {"column": "code", "min_value": 2, "max_value": 4},
        {"column": "code", "max_value": 2},
    ),
    ("expect_column_value_lengths_to_equal", {"column": "sex", "value": 1}, {"column": "code", "value": 3}),
    (
        "expect_column_min_to_be_between",
        {"column": "age", "min_value": 20, "max_value": 30},
        {"column": "age", "min_value": 30},
    ),
    ("expect_column_max_to_be_between", {"column": "age", "max_value": 60}, {"column": "age", "max_value": 40}),
    (
        "expect_column_mean_to_be_between",
        {"column": "age", "min_value": 30, "max_value": 45},
        {"column": "age", "max_value": 30},
    ),
    (
        "expect_column_median_to_be_between",
        {"column": "age", "min_value": 30, "max_value": 45},
        {"column": "age", "max_value": 30},
    ),
    (
        "expect_column_stdev_to_be_between",
        {"column": "age", "min_value": 5, "max_value": 20},
        {"column": "age", "max_value": 1},
    ),
    (
        "expect_column_sum_to_be_between",
        {"column": "age", "min_value": 100, "max_value": 400},
        {"column": "age", "max_value": 10},
    ),
    (
        "expect_column_unique_value_count_to_be_between",
        {"column": "sex", "max_value": 2},
        {"column": "sex", "min_value": 3},
    ),
    (
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "id", "min_value": 1},
        {"column": "sex", "min_value": 0.9},
    ),
    (
        "expect_column_distinct_values_to_be_in_set",
        {"column": "sex", "value_set": ["f", "m"]},
        {"column": "sex", "value_set": ["f"]},
    ),
    (
        "expect_column_distinct_values_to_contain_set",
        {"column": "sex", "value_set": ["f"]},
        {"column": "sex", "value_set": ["x"]},
    ),
    (
        "expect_column_distinct_values_to_equal_set",
        {"column": "sex", "value_set": ["f", "m"]},
        {"column": "sex", "value_set": ["f"]},
    ),
    (
        "expect_column_most_common_value_to_be_in_set",
        {"column": "sex", "value_set": ["f"]},
        {"column": "sex", "value_set": ["m"]},
    ),
    (
        "expect_column_pair_values_to_be_equal",
        {"column_A": "age", "column_B": "age"},
        {"column_A": "age", "column_B": "id"},
    ),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {"column_A": "age", "column_B": "id"},
        {"column_A": "id", "column_B": "age"},
    ),
    ("expect_compound_columns_to_be_unique", {"column_list": ["id", "sex"]}, {"column_list": ["sex", "code"]}),
    (
        "expect_select_column_values_to_be_unique_within_record",
        {"column_list": ["id", "age"]},
        {"column_list": ["age", "same_age"]},
    ),
    (
        "expect_multicolumn_sum_to_equal",
        {"column_list": ["share", "rest"], "sum_total": 1},
        {"column_list": ["id", "age"], "sum_total": 1},
    ),
    (
        "expect_column_values_to_be_of_type",
        {"column": "age", "type_": "INTEGER"},
        {"column": "age", "type_": "VARCHAR"},
    ),
    ("expect_table_row_count_to_be_between", {"min_value": 1, "max_value": 10}, {"min_value": 10}),
    ("expect_table_row_count_to_equal", {"value": 6}, {"value": 7}),
    ("expect_table_column_count_to_equal", {"value": 9}, {"value": 3}),
    ("expect_table_column_count_to_be_between", {"min_value": 1, "max_value": 20}, {"max_value": 3}),
    (
        "expect_table_columns_to_match_set",
        {"column_set": ["id", "age", "same_age", "sex", "code", "note", "empty", "share", "rest"]},
        {"column_set": ["id"]},
    ),
    (
        "expect_table_columns_to_match_ordered_list",
        {"column_list": ["id", "age", "same_age", "sex", "code", "note", "empty", "share", "rest"]},
        {"column_list": ["age", "id"]},
    ),
]


def run(warehouse: Path, suites: list[Suite], previous: Path | None = None) -> list[GuardResult]:
    """Results of suites over a file, in this process."""
    from guards.runner import Guards

    guards = Guards(warehouse, previous)
    try:
        return guards.run(suites)
    finally:
        guards.close()


@pytest.fixture(scope="module")
def observations(tmp_path_factory) -> Path:
    """A table of six rows with a column for each kind of expectation."""
    path = tmp_path_factory.mktemp("observations") / "observations.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.observations as select * from (values "
            "(1, 25, 25, 'f', 'F43', 'a', 0.25, 0.75), (2, 31, 31, 'f', 'F431', null, 0.5, 0.5), "
            "(3, 36, 36, 'f', 'F32', 'b', 0.25, 0.75), (4, 42, 42, 'm', 'F9', null, 0.5, 0.5), "
            "(5, 44, 44, 'm', 'F43', 'c', 0.25, 0.75), (6, 52, 52, 'f', 'F43', 'd', 0.5, 0.5)) "
            "as rows (id, age, same_age, sex, code, note, share, rest)"
        )
        connection.execute("alter table marts.observations add column empty varchar")
        connection.execute(
            "create or replace table marts.observations as "
            "select id, age, same_age, sex, code, note, empty, share, rest from marts.observations"
        )
        connection.execute("create table marts.nobody (age integer)")
    return path


@pytest.fixture(scope="module")
def contract_results(observations) -> dict[str, GuardResult]:
    """Every expectation type of the contract, holding and not, by rule id."""
    rules = [
        Rule(f"{name}/{case}", name, "warning", name, kwargs=arguments)
        for name, holding, breaking in CONTRACT
        for case, arguments in (("holds", holding), ("breaks", breaking))
    ]
    suite = Suite("contract", "outbound", "marts.observations", tuple(rules))
    return {result.rule_id: result for result in run(observations, [suite])}


@pytest.mark.parametrize("expectation", [name for name, *_ in CONTRACT])
def test_expectation_types_pass_and_fail_on_duckdb(contract_results, expectation):
    assert contract_results[f"{expectation}/holds"].status == "pass", contract_results[f"{expectation}/holds"]
    assert contract_results[f"{expectation}/breaks"].status == "fail", contract_results[f"{expectation}/breaks"]


def test_results_keep_counts_and_no_values(contract_results):
    between = contract_results["expect_column_values_to_be_between/breaks"]
    assert (between.n_checked, between.n_unexpected) == (6, 1)
    for rule in ("expect_column_max_to_be_between/breaks", "expect_column_distinct_values_to_be_in_set/breaks"):
        assert contract_results[rule].found is None
    assert contract_results["expect_column_mean_to_be_between/breaks"].found == "38.33"


def test_a_query_names_its_findings_and_the_columns_are_fixed(observations):
    good = Rule(
        "good", QUERY_TYPE, "critical", "no minors", checked="select count(*) from {batch}",
        query="select sex as subject, 'over 30' as expected, count(*) || ' are not' as found from {batch} "
        "where age < 30 group by sex",
    )  # fmt: skip
    leaking = Rule(
        "leaking", QUERY_TYPE, "critical", "no minors", checked="select count(*) from {batch}",
        query="select id, age from {batch} where age < 30",
    )  # fmt: skip
    results = run(observations, [Suite("queries", "outbound", "marts.observations", (good, leaking))])
    found, refused = results
    assert (found.subject, found.expected, found.found, found.status) == ("f", "over 30", "1 are not", "fail")
    assert found.blocks
    assert refused.status == "error"
    assert "id, age" in refused.message
    assert "25" not in refused.message


def test_an_empty_table_is_not_a_pass(observations):
    rules = (
        Rule(
            "range", "expect_column_values_to_be_between", "critical", "age", kwargs={"column": "age", "min_value": 0}
        ),
        Rule("missing", "expect_column_values_to_not_be_null", "critical", "age", kwargs={"column": "age"}),
        Rule(
            "median", "expect_column_median_to_be_between", "critical", "age", kwargs={"column": "age", "min_value": 0}
        ),
    )
    results = run(observations, [Suite("nobody", "outbound", "marts.nobody", rules)])
    assert {result.rule_id: result.status for result in results} == dict.fromkeys(
        ("range", "missing", "median"), "not_applicable"
    )


@pytest.mark.parametrize(
    "rule",
    [
        Rule("column", "expect_column_values_to_be_between", "warning", "a", kwargs={"column": "aeg", "max_value": 9}),
        Rule("null", "expect_column_values_to_not_be_null", "warning", "age", kwargs={"column": "aeg"}),
        Rule(
            "query", QUERY_TYPE, "warning", "age", checked="select count(*) from {batch}",
            query="select '' as subject, '' as expected, '' as found from {batch} where aeg < 0",
        ),
        Rule(
            "checked", QUERY_TYPE, "warning", "age", checked="select count(aeg) from {batch}",
            query="select '' as subject, '' as expected, '' as found from {batch} where age < 0",
        ),
    ],
    ids=lambda rule: rule.rule_id,
)  # fmt: skip
def test_a_mistyped_column_is_an_error_that_blocks(observations, rule):
    (result,) = run(observations, [Suite("mistyped", "outbound", "marts.observations", (rule,))])
    assert result.status == "error"
    assert result.blocks
    assert "aeg" in result.message


def test_a_mistyped_table_or_type_is_an_error(observations):
    rule = Rule("unknown_type", "expect_column_values_to_be_lovely", "warning", "age", kwargs={"column": "age"})
    elsewhere = Rule("elsewhere", "expect_table_row_count_to_equal", "warning", "rows", kwargs={"value": 1})
    results = run(
        observations,
        [
            Suite("types", "outbound", "marts.observations", (rule,)),
            Suite("tables", "outbound", "marts.observation", (elsewhere,)),
        ],
    )
    assert [result.status for result in results] == ["error", "error"]
    assert "expect_column_values_to_be_lovely" in results[0].message
    assert "marts.observation" in results[1].message


@pytest.fixture(scope="module")
def completeness() -> Suite:
    """The suite as the project declares it."""
    return next(suite for suite in load_suites(SUITES) if suite.name == "outbound_outcome_completeness")


def of_rule(results: list[GuardResult], rule_id: str) -> list[GuardResult]:
    """Results of one rule."""
    return [result for result in results if result.rule_id == rule_id]


def test_completeness_at_the_floor_passes_and_below_it_blocks(tmp_path, completeness):
    at = run(write_warehouse(tmp_path / "at.duckdb", network(100, 1000)), [completeness])
    assert [result.status for result in of_rule(at, "completeness_floor")] == ["pass"]
    below = run(write_warehouse(tmp_path / "below.duckdb", network(99, 1000)), [completeness])
    (floor,) = of_rule(below, "completeness_floor")
    assert floor.blocks
    assert (floor.subject, floor.expected) == ("ptsd_kit", "outcome data rate at least 10.0 %")
    assert floor.found == "9.9 % (99 of 1000 eligible)"
    assert [result.rule_id for result in below if result.blocks] == ["completeness_floor"]


def test_a_study_without_eligible_patients_is_not_applicable(tmp_path, completeness):
    results = run(write_warehouse(tmp_path / "empty.duckdb", network(0, 0)), [completeness])
    (floor,) = of_rule(results, "completeness_floor")
    assert floor.status == "not_applicable"
    assert not [result for result in results if result.blocks or result.warns]


def test_a_study_without_a_floor_warns_and_a_floor_without_a_study_blocks(tmp_path, completeness):
    rows = [*network(160, 1000), ("depression_kit", "all", "all", 1, 100)]
    rows.remove(("depression_kit", "all", "all", 0, 0))
    results = run(write_warehouse(tmp_path / "without.duckdb", rows), [completeness])
    (warning,) = of_rule(results, "completeness_without_floor")
    assert warning.warns
    assert (warning.subject, warning.found) == ("depression_kit", "none; outcome data rate 1.0 % (1 of 100 eligible)")
    nowhere = run(
        write_warehouse(tmp_path / "nowhere.duckdb", [("depression_kit", "all", "all", 1, 100)]), [completeness]
    )
    (floor,) = of_rule(nowhere, "completeness_floor")
    assert floor.blocks
    assert floor.found == "no such study and primary instrument"


def test_completeness_that_moved_warns_by_clinic_figure_expected_and_found(tmp_path, completeness):
    before = write_warehouse(tmp_path / "before.duckdb", network(160, 1000, north=(30, 200), tiny=(1, 10)))
    after = write_warehouse(tmp_path / "after.duckdb", network(129, 1000, north=(9, 200), tiny=(9, 10)))
    results = run(after, [completeness], before)
    overall, north = of_rule(results, "completeness_against_previous")
    assert (overall.subject, overall.found) == ("ptsd_kit, all clinics", "12.9 % (129 of 1000 eligible)")
    assert overall.expected == "16.0 % ± 3.0 points (publication before, 160 of 1000)"
    assert (north.subject, north.found) == ("ptsd_kit, clinic north", "4.5 % (9 of 200 eligible)")
    assert north.expected == "15.0 % ± 10.0 points (publication before, 30 of 200)"
    assert overall.warns
    assert north.warns
    assert not [result for result in results if result.blocks]


def test_completeness_inside_the_band_is_silent(tmp_path, completeness):
    before = write_warehouse(tmp_path / "before.duckdb", network(160, 1000, north=(30, 200)))
    after = write_warehouse(tmp_path / "after.duckdb", network(131, 1000, north=(12, 200)))
    results = run(after, [completeness], before)
    assert [result.status for result in of_rule(results, "completeness_against_previous")] == ["pass"]


def test_better_completeness_never_blocks(tmp_path, completeness):
    before = write_warehouse(tmp_path / "before.duckdb", network(160, 1000, north=(30, 200)))
    after = write_warehouse(tmp_path / "after.duckdb", network(1000, 1000, north=(200, 200)))
    results = run(after, [completeness], before)
    assert not [result for result in results if result.blocks]
    assert {result.rule_id for result in results if result.warns} == {
        "completeness_against_previous",
        "completeness_against_published",
    }


def test_completeness_far_from_the_published_one_is_named(tmp_path, completeness):
    rows = network(160, 1000, north=(0, 200), small=(0, 29))
    results = run(write_warehouse(tmp_path / "published.duckdb", rows), [completeness])
    (north,) = of_rule(results, "completeness_against_published")
    assert (north.subject, north.found) == ("ptsd_kit, clinic north", "0.0 % (0 of 200 eligible)")
    assert north.expected == "16.5 % ± 15.0 points (published)"


def test_a_clinic_that_vanished_is_named(tmp_path, completeness):
    before = write_warehouse(tmp_path / "before.duckdb", network(160, 1000, north=(30, 200)))
    after = write_warehouse(tmp_path / "after.duckdb", network(160, 1000))
    results = run(after, [completeness], before)
    (vanished,) = of_rule(results, "completeness_clinic_vanished")
    assert (vanished.subject, vanished.found) == ("ptsd_kit, clinic north", "none")
    assert vanished.warns


def test_another_pseudonym_key_makes_no_clinic_vanish(tmp_path, completeness):
    """The keys of all clinics differ, their ids do not."""
    before = write_warehouse(tmp_path / "before.duckdb", network(160, 1000, north=(30, 200)))
    after = write_warehouse(tmp_path / "after.duckdb", network(160, 1000, north=(30, 200)))
    with duckdb.connect(str(after)) as connection:
        connection.execute("update core.patients set site_key = 'other ' || site_key")
        connection.execute(
            "update marts.outcome_completeness set stratum = 'other ' || stratum where stratum_kind = 'site'"
        )
    results = run(after, [completeness], before)
    assert [result.status for result in of_rule(results, "completeness_clinic_vanished")] == ["pass"]


def test_without_a_comparable_publication_nothing_is_compared(tmp_path, completeness):
    after = write_warehouse(tmp_path / "after.duckdb", network(160, 1000))
    (alone,) = of_rule(run(after, [completeness]), "completeness_against_previous")
    assert alone.status == "not_applicable"
    old = write_warehouse(tmp_path / "old.duckdb", network(160, 1000))
    with duckdb.connect(str(old)) as connection:
        connection.execute("alter table marts.outcome_completeness drop column n_complete")
    (older,) = of_rule(run(after, [completeness], old), "completeness_against_previous")
    assert older.status == "not_applicable"
    assert "n_complete" in older.message


@pytest.mark.parametrize(
    "change",
    [
        "outcome_data_rate = null",
        "outcome_data_rate = 1.2",
        "outcome_data_rate = outcome_data_rate + 0.001",
        "ci_low = outcome_data_rate + 0.01",
        "ci_high = null",
        "n_complete = 1001",
    ],
)
def test_a_rate_that_does_not_follow_from_its_counts_blocks(tmp_path, completeness, change):
    path = write_warehouse(tmp_path / "broken.duckdb", network(160, 1000))
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"update marts.outcome_completeness set {change} where study_id = 'ptsd_kit'")
    results = run(path, [completeness])
    assert [result.subject for result in of_rule(results, "completeness_rate_has_denominator")] == [
        "ptsd_kit, PCL-5, all"
    ]
    assert of_rule(results, "completeness_rate_has_denominator")[0].blocks


def test_results_are_stored_with_their_columns(tmp_path, completeness):
    path = write_warehouse(tmp_path / "stored.duckdb", network(99, 1000))
    results = run(path, [completeness])
    with duckdb.connect(str(path)) as connection:
        store(connection, results)
        cursor = connection.execute("select * from audit.expectation_results")
        assert [column[0] for column in cursor.description] == list(COLUMNS)
        assert len(cursor.fetchall()) == len(results)


HEAD = "name: a\nboundary: outbound\ntable: marts.a\n"


def write_suite(folder: Path, text: str) -> Path:
    """A folder with one suite file."""
    (folder / "suite.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{HEAD}rules:\n - {{rule_id: r, type: t, severity: high, description: d}}", "severity"),
        ("name: a\nboundary: sideways\ntable: marts.a\nrules: []", "sideways"),
        ("name: a\nboundary: outbound\ntable: a\nrules: []", "<schema>.<table>"),
        (f"{HEAD}rules:\n - {{rule_id: r, type: t, severity: warning, descripton: d}}", "descripton"),
        ("name: [", "not readable YAML"),
    ],
)
def test_a_suite_that_is_written_wrongly_names_file_and_mistake(tmp_path, text, told):
    with pytest.raises(SuiteError, match=r"suite\.yml") as error:
        load_suites(write_suite(tmp_path, text))
    assert told in str(error.value)


def test_the_project_declares_severity_and_reason_for_every_rule():
    rules = [rule for suite in load_suites(SUITES) for rule in suite.rules]
    assert len(rules) > 30
    assert not [rule.rule_id for rule in rules if not rule.reason.strip()]
