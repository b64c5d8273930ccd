"""The statistics of the marts against golden values, scipy, statsmodels and numpy.

Macros are rendered by dbt and run on DuckDB over many inputs; estimates are computed from random whole numbers by the
compiled marts and by numpy.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from tests.integration.rule_bench import Bench, compile_project, render

TOLERANCE = 1e-12
STUDY, INSTRUMENT = "ptsd_kit", "PCL-5"


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(compile_project())


@pytest.fixture(scope="module")
def macro_sql() -> dict[str, str]:
    """Name -> SQL of a query over the table `cases`; all are rendered in one go."""
    templates = {
        "wilson": """
            select
                {{ wilson_bound('n_successes', 'n_trials', 'lower') }} as low,
                {{ wilson_bound('n_successes', 'n_trials', 'upper') }} as high
            from cases order by case_number""",
        "share": "select {{ share('numerator', 'denominator') }} from cases order by case_number",
        "student_t": """
            select {{ student_t_975('cases.degrees_of_freedom', 'student_t_quantiles.t_975') }}
            from cases
            left join seeds.student_t_quantiles as student_t_quantiles
                on cases.degrees_of_freedom = student_t_quantiles.degrees_of_freedom
            order by case_number""",
        "student_t_expansion": """
            select {{ student_t_975('degrees_of_freedom', 'cast(null as double)') }} from cases order by case_number""",
        "exact_sd": "select {{ exact_sd('n', 'sum_x', 'sum_xx') }} from cases order by case_number",
        "smd": """
            select {{ standardised_mean_difference('m1', 'm0', 'v1', 'v0') }} from cases order by case_number""",
        "plausible": "select {{ is_plausible_dose('dose / weight') }} from cases order by case_number",
        "full_years": "select {{ full_years('birth_date', 'day_on') }} from cases order by case_number",
    }
    mark = "\n-- next --\n"
    rendered = render(mark.join(templates.values())).split(mark.strip())
    return dict(zip(templates, rendered, strict=True))


def ask(bench: Bench, sql: str, columns: dict[str, str], cases: Iterable[tuple]) -> list[tuple]:
    """Rows of `sql` over the table `cases`, which has case_number and the given columns, in the order of `cases`."""
    rows = [(number, *case) for number, case in enumerate(cases)]
    typed = ", ".join(f"{name} {data_type}" for name, data_type in columns.items())
    bench.connection.execute(f"create or replace temp table cases (case_number bigint, {typed})")
    bench.connection.executemany(f"insert into cases values ({', '.join('?' * (len(columns) + 1))})", rows)
    return bench.rows(sql)


COUNTS = {"n_successes": "bigint", "n_trials": "bigint"}


@pytest.mark.parametrize(
    ("n_successes", "n_trials", "low", "high"),
    [
        (353, 1306, 0.246904, 0.295025),
        (849, 1306, 0.623804, 0.675469),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
    ],
)
def test_wilson_golden_values(bench, macro_sql, n_successes, n_trials, low, high):
    [(found_low, found_high)] = ask(bench, macro_sql["wilson"], COUNTS, [(n_successes, n_trials)])
    assert (round(found_low, 6), round(found_high, 6)) == (low, high)


def test_wilson_agrees_with_statsmodels(bench, macro_sql):
    """All x of n = 1..40, and a few of larger n; the outer bounds at 0 and n are exactly 0 and 1."""
    cases = [(x, n) for n in range(1, 41) for x in range(n + 1)]
    cases += [(x, n) for n in (100, 1306, 8142, 1_000_000) for x in (0, 1, n // 7, n // 2, n - 1, n)]
    found = ask(bench, macro_sql["wilson"], COUNTS, cases)
    for (x, n), (low, high) in zip(cases, found, strict=True):
        expected_low, expected_high = proportion_confint(x, n, alpha=0.05, method="wilson")
        assert low == pytest.approx(expected_low, abs=TOLERANCE), (x, n)
        assert high == pytest.approx(expected_high, abs=TOLERANCE), (x, n)
        assert (low == 0.0) == (x == 0)
        assert (high == 1.0) == (x == n)


def test_without_trials_there_is_no_interval_and_no_share(bench, macro_sql):
    assert ask(bench, macro_sql["wilson"], COUNTS, [(0, 0), (None, None)]) == [(None, None), (None, None)]
    columns = {"numerator": "bigint", "denominator": "bigint"}
    cases = [(0, 0), (3, 0), (3, None), (None, 3), (1, 4), (0, 4)]
    expected = [(None,), (None,), (None,), (None,), (0.25,), (0.0,)]
    assert ask(bench, macro_sql["share"], columns, cases) == expected


@pytest.mark.parametrize("name", ["student_t", "student_t_expansion"])
def test_student_t_quantile_is_exact_to_a_millionth(bench, macro_sql, name):
    """Degrees of freedom 1..5000 with the tabulated values, and the expansion alone where it takes over (from 101)."""
    degrees = range(1, 5001) if name == "student_t" else range(101, 5001)
    found = ask(bench, macro_sql[name], {"degrees_of_freedom": "bigint"}, [(v,) for v in degrees])
    expected = stats.t.ppf(0.975, np.array(degrees))
    assert np.abs(np.array(found)[:, 0] - expected).max() < 1e-6


def test_no_degrees_of_freedom_no_quantile(bench, macro_sql):
    assert ask(bench, macro_sql["student_t"], {"degrees_of_freedom": "bigint"}, [(0,), (None,)]) == [(None,), (None,)]


def test_standard_deviation_agrees_and_is_exactly_0_without_spread(bench, macro_sql):
    generator = np.random.default_rng(20240110)
    samples = [generator.integers(0, 81, size=n).tolist() for n in (2, 3, 10, 1306) for _ in range(20)]
    samples += [[value] * n for value in (1, 7, 80) for n in (2, 3, 1306)]
    cases = [(len(sample), sum(sample), sum(value * value for value in sample)) for sample in samples]
    columns = {"n": "bigint", "sum_x": "hugeint", "sum_xx": "hugeint"}
    found = ask(bench, macro_sql["exact_sd"], columns, cases)
    for sample, (sd,) in zip(samples, found, strict=True):
        assert sd == pytest.approx(statistics.stdev(sample), abs=TOLERANCE)
        assert (sd == 0.0) == (len(set(sample)) == 1)
    assert ask(bench, macro_sql["exact_sd"], columns, [(1, 40, 1600), (0, None, None)]) == [(None,), (None,)]


def test_standardised_mean_difference(bench, macro_sql):
    """(60 - 50) / sqrt((100 + 300) / 2) = 0.7071; a share of 0.9 against 0.8; without variance nothing."""
    columns = dict.fromkeys(["m1", "m0", "v1", "v0"], "double")
    cases = [(60, 50, 100, 300), (0.9, 0.8, 0.09, 0.16), (60, 50, 0, 0), (60, None, 1, 1), (50, 60, 100, 300)]
    found = [value for (value,) in ask(bench, macro_sql["smd"], columns, cases)]
    assert found[0] == pytest.approx(10 / math.sqrt(200), abs=TOLERANCE)
    assert found[1] == pytest.approx(0.1 / math.sqrt(0.125), abs=TOLERANCE)
    assert found[2:4] == [None, None]
    assert found[4] == pytest.approx(-10 / math.sqrt(200), abs=TOLERANCE)


def test_doses_at_the_limits_are_plausible_at_every_weight(bench, macro_sql):
    """Weights of 25.0 to 350.0 kg in steps of 0.1: 0.1 and 3 mg/kg are plausible, 0.1 mg beyond them is not."""
    weights = [Decimal(tenths) / 10 for tenths in range(250, 3501)]
    step = Decimal("0.1")
    doses = [(weight, (3 * weight, weight / 10, 3 * weight + step, weight / 10 - step)) for weight in weights]
    cases = [(float(dose), float(weight)) for weight, four in doses for dose in four]
    found = ask(bench, macro_sql["plausible"], {"dose": "double", "weight": "double"}, cases)
    expected = [(True,), (True,), (False,), (False,)] * len(weights)
    assert found == expected


def test_full_years_over_every_day_of_a_leap_year(bench, macro_sql):
    """Born on each day of 2000, seen around the 18th and the 20th birthday; the 29 February of 2018 is 1 March."""
    cases, expected = [], []
    days = np.arange("2000-01-01", "2001-01-01", dtype="datetime64[D]").astype(object)
    for born in days:
        for years in (18, 20):
            leap_day_is_missing = (born.month, born.day) == (2, 29) and years == 18
            birthday = (
                born.replace(year=2018, month=3, day=1) if leap_day_is_missing else born.replace(year=2000 + years)
            )
            for offset in (-1, 0, 1):
                cases.append((born, birthday + np.timedelta64(offset, "D").astype(object)))
                expected.append((years - 1 if offset < 0 else years,))
    found = ask(bench, macro_sql["full_years"], {"birth_date": "date", "day_on": "date"}, cases)
    assert found == expected


def fill(bench: Bench, relation: str, columns: dict[str, str], rows: Iterable[tuple]) -> None:
    """Put rows in the place of a model."""
    bench.create_table(relation, columns)
    bench.connection.executemany(f"insert into {relation} values ({', '.join('?' * len(columns))})", list(rows))


def response_rows(bench: Bench, pairs: list[tuple[int, int]], n_eligible: int, responders: int | None = None) -> dict:
    """The columns of one row of marts.response_by_timepoint, PCL-5 at infusion 4, all eligible as denominator.

    pairs: (baseline, score) of the observed. n_eligible: eligible patients, the observed included. responders: how many
    of the observed respond, by default those with a fall of 30 %.
    """
    outcomes = []
    for number, (baseline, score) in enumerate(pairs):
        is_responder = number < responders if responders is not None else 100 * (baseline - score) >= 30 * baseline
        scores = (baseline, score, baseline - score)
        flags = (is_responder, score < 33, score > baseline)
        outcomes.append((STUDY, f"p{number}", INSTRUMENT, "infusion_4", 4, *scores, *flags))
    texts = dict.fromkeys(["study_id", "patient_key", "instrument"], "varchar")
    numbers = dict.fromkeys(["infusion_number", "baseline_score", "score", "change"], "bigint")
    flags = dict.fromkeys(["is_responder", "is_remission", "is_worsened"], "boolean")
    fill(bench, "marts.outcomes", {**texts, "timepoint": "varchar", **numbers, **flags}, outcomes)
    fill(
        bench,
        "marts.response_members",
        {**texts, "stratum": "varchar", "is_induction_satisfied": "boolean", "n_sessions": "bigint"}
        | {"has_baseline": "boolean"},
        [(STUDY, f"p{number}", INSTRUMENT, "all", True, 4, number < len(pairs)) for number in range(n_eligible)],
    )
    fill(
        bench,
        "marts.response_strata",
        {"instrument": "varchar", "stratum": "varchar", "kind": "varchar"},
        [(INSTRUMENT, "all", "all")],
    )
    bench.build_alone("marts.response_by_timepoint")
    cursor = bench.connection.execute(
        """
        select * from marts.response_by_timepoint
        where study_id = ? and instrument = ? and timepoint = 'infusion_4'
            and response_kind = 'at' and denominator = 'eligible'
        """,
        [STUDY, INSTRUMENT],
    )
    [row] = cursor.fetchall()
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


def test_bounds_of_the_published_response(bench):
    """27 % (353) of 1,306 observed among 8,142: between 353 and 353 + 6,836 of 8,142 may have responded."""
    row = response_rows(bench, [(50, 30)] * 1306, n_eligible=8142, responders=353)
    assert (row["n_denominator"], row["n_observed"], row["n_responders"]) == (8142, 1306, 353)
    assert (round(row["bound_low"], 3), round(row["bound_high"], 3)) == (0.043, 0.883)
    assert (round(row["ci_low"], 6), round(row["ci_high"], 6)) == (0.246904, 0.295025)
    assert row["response_rate"] == pytest.approx(353 / 1306, abs=TOLERANCE)


def whole_numbers_with(mean: float, sd: float, n: int) -> list[int]:
    """n whole numbers around `mean` with a standard deviation of about `sd` (both to about 0.01 for n = 1000)."""
    quantiles = stats.norm.ppf((np.arange(n) + 0.5) / n)
    values = mean + sd * quantiles / quantiles.std(ddof=1)
    # Rounding adds 1/12 to the variance; the error of the sum is spread over the first few values.
    values = np.round(mean + (values - mean) * math.sqrt((sd**2 - 1 / 12) / sd**2)).astype(int)
    short = round(mean * n) - int(values.sum())
    values[np.linspace(0, n - 1, abs(short), dtype=int)] += int(np.sign(short))
    return values.tolist()


def test_d_rms_of_the_nushama_sample(bench):
    """52.39 (11.90) -> 29.42 (16.52) is d_rms 1.596: 22.97 / sqrt((11.90^2 + 16.52^2) / 2) = 1.5955.

    Scores are whole numbers with these means and SDs; the golden figures themselves give 1.5955, published as 1.60.
    """
    assert round(22.97 / math.sqrt((11.90**2 + 16.52**2) / 2), 3) == 1.596
    n = 1000
    pairs = list(zip(whole_numbers_with(52.39, 11.90, n), whole_numbers_with(29.42, 16.52, n), strict=True))
    row = response_rows(bench, pairs, n_eligible=n)
    assert (row["mean_baseline"], row["mean_score"]) == (52.39, 29.42)
    assert row["d_rms"] == pytest.approx(1.596, abs=0.002)


@pytest.mark.parametrize("n", [2, 3, 30, 101, 102, 250])
def test_paired_estimates_agree_with_numpy_and_scipy(bench, n):
    generator = np.random.default_rng(n)
    baseline = generator.integers(20, 81, size=n)
    score = np.clip(baseline - generator.integers(-10, 40, size=n), 0, 80)
    row = response_rows(bench, list(zip(baseline.tolist(), score.tolist(), strict=True)), n_eligible=n + 5)
    change = baseline - score
    sd_change, sd_baseline, sd_score = (float(np.std(values, ddof=1)) for values in (change, baseline, score))
    low, high = stats.t.interval(0.95, n - 1, loc=change.mean(), scale=stats.sem(change))
    d_av = change.mean() / ((sd_baseline + sd_score) / 2)
    expected = {
        "mean_baseline": baseline.mean(),
        "mean_score": score.mean(),
        "mean_change": change.mean(),
        "sd_change": sd_change,
        "change_ci_low": low,
        "change_ci_high": high,
        "d_z": change.mean() / sd_change,
        "d_av": d_av,
        "d_rms": change.mean() / math.sqrt((sd_baseline**2 + sd_score**2) / 2),
        "hedges_g": d_av * (1 - 3 / (4 * (n - 1) - 1)),
    }
    for name, value in expected.items():
        tolerance = 1e-6 if name.startswith("change_ci") else 1e-9
        assert row[name] == pytest.approx(value, rel=1e-9, abs=tolerance), name


def characteristics(bench: Bench, ages: dict[str, list], sexes: dict[str, list]) -> dict[tuple[str, str, str], dict]:
    """(population, characteristic, level) -> row of marts.cohort_characteristics.

    ages, sexes: population (analysed or not_analysed) -> values of its patients.
    """
    patients = [
        (f"{population}_{number}", population == "analysed", age, sex)
        for population in ages
        for number, (age, sex) in enumerate(zip(ages[population], sexes[population], strict=True))
    ]
    conditions = ["ptsd", "mdd", "gad", "adhd", "panic", "bipolar", "psychosis", "sud"]
    fill(
        bench,
        "marts.cohort_patients",
        {"study_id": "varchar", "patient_key": "varchar", "is_eligible": "boolean", "is_analysed": "boolean"}
        | {"baseline_score": "bigint"},
        [(STUDY, key, True, is_analysed, 40) for key, is_analysed, _, _ in patients],
    )
    fill(
        bench,
        "marts.patients",
        {"patient_key": "varchar", "age_at_index": "bigint", "sex": "varchar", "race": "varchar"}
        | {"ethnicity": "varchar", "index_year": "bigint"}
        | {f"has_{condition}": "boolean" for condition in conditions},
        [(key, age, sex, "white", "unknown", 2024, *[True] * len(conditions)) for key, _, age, sex in patients],
    )
    fill(
        bench,
        "clinical.kit_sessions",
        {"patient_key": "varchar", "course_number": "bigint", "infusion_number": "bigint"},
        [(key, 1, 1) for key, _, _, _ in patients],
    )
    bench.build_alone("marts.cohort_characteristics")
    cursor = bench.connection.execute("select * from marts.cohort_characteristics where study_id = ?", [STUDY])
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {(row["population"], row["characteristic"], row["level"]): row for row in rows}


def test_characteristics_agree_with_numpy(bench):
    """Mean, SD, quartiles by linear interpolation and the standardised difference, the same in all three rows."""
    generator = np.random.default_rng(7)
    ages = {"analysed": generator.integers(18, 90, size=37), "not_analysed": generator.integers(18, 91, size=52)}
    sexes = {"analysed": ["female"] * 25 + ["male"] * 12, "not_analysed": ["female"] * 20 + ["male"] * 32}
    found = characteristics(bench, {name: values.tolist() for name, values in ages.items()}, sexes)
    groups = {**ages, "eligible": np.concatenate(list(ages.values()))}
    spread = math.sqrt(sum(values.var(ddof=1) for values in ages.values()) / 2)
    age_difference = (ages["analysed"].mean() - ages["not_analysed"].mean()) / spread
    p1, p0 = 25 / 37, 20 / 52
    sex_difference = (p1 - p0) / math.sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 2)
    for population, values in groups.items():
        row = found[population, "age_at_index", "all"]
        expected = [values.mean(), values.std(ddof=1), *np.percentile(values, [50, 25, 75]), age_difference]
        assert [row[name] for name in ("mean", "sd", "median", "q1", "q3", "smd")] == pytest.approx(expected, abs=1e-9)
        assert found[population, "sex", "female"]["smd"] == pytest.approx(sex_difference, abs=1e-9)
        assert found[population, "sex", "male"]["smd"] == pytest.approx(-sex_difference, abs=1e-9)
        # All have it, all are 40 at baseline: no variance, no difference.
        assert found[population, "has_ptsd", "true"]["smd"] is None
        assert found[population, "baseline_score", "all"]["smd"] is None
