"""The house rules, held over dbt's manifest: direction of the arrows, one SQL for all engines, words for everything.

deliveries -> staging -> vetting -> core -> clinical -> marts -> shareable; audit watches every layer and feeds none.
"""

import csv
import re
from pathlib import Path

import pytest
from conftest import ROOT

# What each layer may read. Sources and seeds are inputs, `audit` reads anything.
MAY_READ = {
    "staging": {"source", "staging", "seed"},
    "vetting": {"staging", "vetting", "seed"},
    "core": {"vetting", "core"},
    "clinical": {"core", "clinical", "seed"},
    "marts": {"clinical", "core", "marts", "seed"},
    "shareable": {"marts", "shareable", "seed"},
    "audit": {"source", "staging", "vetting", "core", "clinical", "marts", "shareable", "audit", "seed"},
}
CONTRACTED = {"core", "clinical", "marts", "shareable", "audit"}
WITHOUT_DATES_AND_IDS = {"clinical", "marts", "shareable"}

# Types that DuckDB and Spark both know by these names.
PORTABLE_TYPES = {"string", "bigint", "integer", "double", "boolean", "date", "timestamp"}
# Shown as so many days after the var omop_anchor_date, because the shape of the table asks for dates.
ANCHORED_DATES = {"omop_cohort.cohort_start_date", "omop_cohort.cohort_end_date"}
LOCAL_IDS = {
    "site_id", "patient_id", "surviving_patient_id", "administration_id", "assessment_id", "adverse_event_id",
    "diagnosis_id", "medication_id", "vital_id", "encounter_id", "file", "row_number",
}  # fmt: skip

# Constructs that the engines do not read alike. Where one is needed, it has a macro in macros/dialect.
BANNED = {
    "qualify": r"\bqualify\b",
    "cast with ::": r"::",
    "shorthand of a regular expression": r"\\+[dwDW]\b",
    "pivot": r"\b(un)?pivot\b",
    "group by all": r"\b(group|order)\s+by\s+all\b",
    "distinct on": r"\bdistinct\s+on\b",
    "lambda": r"\blambda\b|[a-z_]\s*->\s*[a-z_(]",
    "recursive": r"\brecursive\b",
    "as-of join": r"\basof\b",
    "reading files": r"\bread_(csv|csv_auto|json|json_auto|ndjson|parquet|text|blob)\b",
    "apostrophe in a literal": r"\w''\w|(?<!')'''(?!')",
    "frame of an interval": r"\brange\s+between\s+interval\b",
    "match operator": r"\s!?~\*?\s+'",
    "columns of a star": r"\*\s*(exclude|replace)\s*\(",
    "datediff of dbt": r"\bdbt\.datediff\b",
    "target in SQL": r"\btarget\s*\.",
}

SOURCE_COLUMNS = ("source", "citation", "reason")
KEY_TESTS = {"unique", "unique_combination"}
# Looked up by dbt itself, under a name that it prescribes.
NAMED_BY_DBT = {"generate_schema_name", "materialization_table_duckdb"}


def layer_of(node) -> str:
    """Layer of a model; `seed` or `source` for the inputs."""
    return node.fqn[1] if node.resource_type == "model" else str(node.resource_type)


def is_sql(node) -> bool:
    """False for the one Python model: a search with linear programmes, held between models of SQL with contracts."""
    return node.language == "sql"


def models_of(manifest) -> list:
    return sorted(
        (node for node in manifest.nodes.values() if node.resource_type == "model"), key=lambda node: node.name
    )


def data_tests_of(manifest) -> list:
    return [node for node in manifest.nodes.values() if node.resource_type == "test"]


def generic_test_of(node) -> str | None:
    """Name of the generic test that a data test uses, such as unique; None for a singular one."""
    metadata = getattr(node, "test_metadata", None)
    return metadata.name if metadata else None


def own_macros(manifest) -> list:
    """Macros that models may call: of this project, without those that dbt looks up by their names."""
    return [
        macro
        for macro in manifest.macros.values()
        if macro.package_name == "kit_outcomes" and not re.match(r"[a-z]+__|(test|materialization)_", macro.name)
    ]


def without_comments(sql: str) -> str:
    sql = re.sub(r"\{#.*?#\}", " ", sql, flags=re.DOTALL)
    return re.sub(r"--[^\n]*", " ", sql)


def banned_constructs(sql: str) -> list[str]:
    """Names of the banned constructs that a text of SQL (with or without Jinja) holds outside its comments."""
    text = without_comments(sql)
    return [name for name, pattern in BANNED.items() if re.search(pattern, text, flags=re.IGNORECASE)]


def test_arrows_run_to_the_right_only(manifest):
    inputs = {**manifest.nodes, **manifest.sources}
    wrong = [
        f"{node.name} ({layer_of(node)}) reads {inputs[read].name} ({layer_of(inputs[read])})"
        for node in models_of(manifest)
        for read in node.depends_on.nodes
        if layer_of(inputs[read]) not in MAY_READ[layer_of(node)]
    ]
    assert wrong == []


def test_staging_reads_one_format(manifest):
    """Sources and staging models of one folder `staging/<format>`, nothing of another format; the seeds serve all."""
    inputs = {**manifest.nodes, **manifest.sources}
    wrong = []
    for node in models_of(manifest):
        if layer_of(node) != "staging":
            continue
        read = [inputs[name] for name in node.depends_on.nodes]
        delivered = [one for one in read if layer_of(one) != "seed"]
        formats = {one.source_name if layer_of(one) == "source" else one.fqn[2] for one in delivered}
        if formats != {node.fqn[2]}:
            wrong.append(f"{node.name} ({node.fqn[2]}) reads {sorted(formats)}")
    assert wrong == []


def test_nothing_reads_audit(manifest):
    audited = {node.unique_id for node in models_of(manifest) if layer_of(node) == "audit"}
    readers = [
        node.name for node in models_of(manifest) if layer_of(node) != "audit" and audited & {*node.depends_on.nodes}
    ]
    assert readers == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select a from b qualify row_number() over () = 1", ["qualify"]),
        ("select a::date from b", ["cast with ::"]),
        ("select regexp_matches(a, '\\d+') from b", ["shorthand of a regular expression"]),
        ("select 'it''s' as a", ["apostrophe in a literal"]),
        ("select replace(a, '.', '') as a, coalesce(b, '') from c -- group by all", []),
        ("select list_transform(a, x -> x + 1)", ["lambda"]),
        ("select * exclude (a) from b", ["columns of a star"]),
        ("with recursive a as (select 1) select * from a", ["recursive"]),
        (
            "select sum(a) over (order by b range between interval 3 day preceding and current row)",
            ["frame of an interval"],
        ),
        ("select a ~ 'b' from c", ["match operator"]),
        ("{% if target.type == 'duckdb' %}", ["target in SQL"]),
    ],
)
def test_banned_constructs_are_found(sql, expected):
    assert banned_constructs(sql) == expected


def test_models_hold_only_sql_that_engines_read_alike(manifest):
    found = {node.name: banned_constructs(strip_joins(node.raw_code)) for node in filter(is_sql, models_of(manifest))}
    assert {name: names for name, names in found.items() if names} == {}


def test_macros_outside_dialect_hold_only_sql_that_engines_read_alike():
    found = {
        path.name: banned_constructs(strip_joins(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "macros").rglob("*.sql"))
        if path.parent.name != "dialect"
    }
    assert {name: names for name, names in found.items() if names} == {}


def strip_joins(code: str) -> str:
    """Jinja joins texts with `~`, which is no SQL: it is taken out of expressions and statements."""
    return re.sub(r"\{[{%].*?[%}]\}", lambda match: match.group(0).replace(" ~ ", " "), code, flags=re.DOTALL)


def test_only_dialect_macros_dispatch():
    dispatching = {
        path for path in (ROOT / "macros").rglob("*.sql") if "adapter.dispatch" in path.read_text(encoding="utf-8")
    }
    dialect = {path for path in (ROOT / "macros" / "dialect").glob("*.sql") if path.stem not in NAMED_BY_DBT}
    assert dispatching == dialect


def test_a_macro_has_a_file_of_its_name(manifest):
    wrong = [macro.name for macro in own_macros(manifest) if Path(macro.original_file_path).stem != macro.name]
    assert wrong == []


def test_only_disclosure_control_is_python(manifest):
    assert [node.name for node in models_of(manifest) if not is_sql(node)] == ["suppressed_populations"]


def test_every_model_has_a_yaml_beside_it(manifest):
    wrong = [
        node.name
        for node in models_of(manifest)
        if not (ROOT / node.original_file_path).with_suffix(".yml").is_file()
        or node.patch_path is None
        or node.patch_path.split("://")[-1] != Path(node.original_file_path).with_suffix(".yml").as_posix()
    ]
    assert wrong == []


def test_every_model_says_its_grain_and_its_question(manifest):
    wrong = [
        node.name
        for node in models_of(manifest)
        if not node.description.startswith("One row per") or "?" not in node.description
    ]
    assert wrong == []


def test_every_model_has_a_key_test(manifest):
    tested = {node.attached_node for node in data_tests_of(manifest) if generic_test_of(node) in KEY_TESTS}
    assert [node.name for node in models_of(manifest) if node.unique_id not in tested] == []


def test_every_column_has_words(manifest):
    wrong = [
        f"{node.name}.{column.name}"
        for node in models_of(manifest)
        for column in node.columns.values()
        if not column.description.strip()
    ]
    assert wrong == []


def test_contracts_are_enforced_with_types_that_engines_share(manifest):
    contracted = [node for node in filter(is_sql, models_of(manifest)) if layer_of(node) in CONTRACTED]
    assert [node.name for node in contracted if not node.contract.enforced] == []
    wrong = [
        f"{node.name}.{column.name}: {column.data_type}"
        for node in contracted
        for column in node.columns.values()
        if column.data_type not in PORTABLE_TYPES and not re.fullmatch(r"decimal\(\d+, \d+\)", column.data_type or "")
    ]
    assert wrong == []


def test_every_constraint_has_a_data_test_beside_it(manifest):
    """Spark ignores constraints. Only not_null is used, and only on keys."""
    complete = set()
    for node in data_tests_of(manifest):
        if generic_test_of(node) == "not_null":
            complete.add((node.attached_node, node.column_name))
        if generic_test_of(node) == "unique_combination":
            arguments = node.test_metadata.kwargs
            if arguments.get("is_complete"):
                complete |= {(node.attached_node, column) for column in arguments["columns"]}
    wrong = [
        f"{node.name}.{column.name}: {constraint.type}"
        for node in models_of(manifest)
        for column in node.columns.values()
        for constraint in column.constraints
        if constraint.type != "not_null" or (node.unique_id, column.name) not in complete
    ]
    assert wrong == []
    assert [node.name for node in models_of(manifest) if node.constraints] == []


def test_no_date_and_no_local_id_leaves_core(manifest):
    wrong = [
        f"{node.name}.{column.name}"
        for node in models_of(manifest)
        if layer_of(node) in WITHOUT_DATES_AND_IDS
        for column in node.columns.values()
        if column.data_type in {"date", "timestamp"} or column.name in LOCAL_IDS
    ]
    assert set(wrong) == ANCHORED_DATES


def test_no_identifier_is_a_column_anywhere(manifest):
    identifiers = {name for source in manifest.sources.values() for name in source.config.meta.get("identifiers", [])}
    assert identifiers
    nodes = [*models_of(manifest), *manifest.sources.values()]
    wrong = [f"{node.name}.{name}" for node in nodes for name in node.columns if name in identifiers]
    assert wrong == []


def test_every_mart_says_uncontrolled_pre_post(manifest):
    marts = [node for node in models_of(manifest) if layer_of(node) in {"marts", "shareable"}]
    assert marts
    assert [node.name for node in marts if "Uncontrolled, pre-post" not in node.description] == []


def test_every_public_macro_is_documented_with_its_arguments(manifest):
    wrong = []
    for macro in own_macros(manifest):
        signature = re.search(rf"macro\s+{macro.name}\((.*?)\)\s*-?%\}}", macro.macro_sql, flags=re.DOTALL)
        names = [argument.split("=")[0].strip() for argument in signature.group(1).split(",") if argument.strip()]
        told = [argument.name for argument in macro.arguments if argument.type and argument.description]
        if not macro.description.strip() or told != names:
            wrong.append(macro.name)
    assert wrong == []


@pytest.mark.parametrize("path", sorted((ROOT / "seeds").rglob("*.csv")), ids=lambda path: path.stem)
def test_every_row_of_a_seed_has_a_source(path):
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        columns = [name for name in SOURCE_COLUMNS if name in reader.fieldnames]
        assert columns, f"{path.name} has no column for its source"
        without = [number for number, row in enumerate(reader, start=2) if not (row[columns[0]] or "").strip()]
    assert without == [], f"{path.name}: rows without {columns[0]}"


def test_every_seed_declares_the_type_of_every_column(manifest):
    wrong = []
    for node in manifest.nodes.values():
        if node.resource_type == "seed":
            with (ROOT / node.original_file_path).open(encoding="utf-8", newline="") as stream:
                header = next(csv.reader(stream))
            if set(header) != set(node.config.column_types) or not set(header) <= set(node.columns):
                wrong.append(node.name)
    assert wrong == []


def test_exposures_read_what_is_meant_to_be_read(manifest):
    allowed = {node.unique_id for node in models_of(manifest) if layer_of(node) in {"marts", "shareable", "audit"}}
    allowed |= set(manifest.sources)
    wrong = [
        f"{exposure.name} reads {read}"
        for exposure in manifest.exposures.values()
        for read in exposure.depends_on.nodes
        if read not in allowed
    ]
    assert wrong == []


def test_every_invariant_is_documented(manifest):
    singular = [node for node in data_tests_of(manifest) if generic_test_of(node) is None]
    assert singular
    assert [node.name for node in singular if not node.description.strip()] == []
