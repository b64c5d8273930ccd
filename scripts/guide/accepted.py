"""Which codes and words are accepted, from the seeds."""

from guide.inputs import seed, values_of
from guide.markdown import code, codes, table

FIELDS = {
    "sex": "sex",
    "race": "race",
    "ethnicity": "ethnicity",
    "route": "route",
    "instrument": "questionnaire",
    "vital": "vital sign",
    "dose_unit": "unit of a dose",
    "unit": "unit of a vital sign",
    "status": "status",
    "channel": "who filled in a form",
    "severity": "severity of an adverse event",
    "ingredient": "ingredient",
    "administration_type": "given (type of a DRUG_EXPOSURE)",
    "prescription_type": "not given (type of a DRUG_EXPOSURE)",
    "diagnosis_status": "status of a diagnosis",
}
ROLES = {"panel": "whole form", "total": "total", "item": "item"}


def words() -> str:
    """The canonical values of each field and how many spellings stand for them."""
    aliases = seed("aliases", "value_aliases")
    counts = {field: sum(row["field"] == field for row in aliases) for field in values_of(aliases, "field", "value")}
    rows = [
        (FIELDS[field], codes(values), str(counts[field]))
        for field, values in values_of(aliases, "field", "value").items()
    ]
    return table(("field", "values", "spellings"), rows)


def diagnoses(*code_systems: str) -> str:
    """The code sets of diagnoses, a column for each code system; `*` stands behind a prefix."""
    sets = seed("code_sets", "diagnosis_code_sets")
    rows = []
    for code_set in values_of(sets, "code_set_id", "code"):
        cells = [
            codes(
                row["code"] + ("*" if row["is_prefix"] == "true" else "")
                for row in sets
                if row["code_set_id"] == code_set and row["code_system"] == system
            )
            for system in code_systems
        ]
        rows.append((code(code_set), *cells))
    return table(("code set", *code_systems), rows)


def ingredients() -> str:
    """The RxNorm codes and the parts of names that decide on a medicine."""
    by_code = values_of(seed("code_sets", "ingredient_codes"), "ingredient", "code")
    by_name = values_of(seed("code_sets", "ingredient_names"), "ingredient", "name_part")
    rows = [(name, codes(by_code.get(name, [])), codes(by_name.get(name, []))) for name in by_name]
    return table(("ingredient", "RxNorm", "part of a name (esketamine is looked for first)"), rows)


def code_systems() -> str:
    """The code systems and how deliveries may name them."""
    grouped = values_of(seed("code_sets", "code_systems"), "code_system", "identifier")
    return table(("code system", "named"), ((code(name), codes(named)) for name, named in grouped.items()))


def coded_values() -> str:
    """The codes of FHIR deliveries by field and value."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in seed("code_sets", "coded_values"):
        found.setdefault((row["field"], row["value"]), []).append(f"{row['code_system']} {row['code']}")
    return table(("field", "value", "codes"), ((FIELDS[field], code(v), codes(c)) for (field, v), c in found.items()))


def concepts() -> str:
    """The OMOP concepts by field and value."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in seed("code_sets", "omop_concepts"):
        found.setdefault((row["field"], row["value"]), []).append(row["concept_id"])
    return table(
        ("field", "value", "concepts"), ((FIELDS[field], code(v), codes(c)) for (field, v), c in found.items())
    )


def questionnaires() -> str:
    """The codes of questionnaires: whole form, total, items in their order."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in seed("instruments", "questionnaire_codes"):
        number = f"{row['item_number']}: " if row["item_number"] else ""
        found.setdefault((row["instrument"], row["role"]), []).append(f"{number}{row['code_system']} {row['code']}")
    return table(
        ("questionnaire", "stands for", "codes"), ((name, ROLES[role], codes(c)) for (name, role), c in found.items())
    )


def answers() -> str:
    """The coded answers and their points."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in seed("instruments", "answer_codes"):
        found.setdefault((row["code_system"], row["code"], row["response"]), []).append(row["instrument"])
    rows = ((code(f"{system} {c}"), points, ", ".join(names)) for (system, c, points), names in found.items())
    return table(("answer", "points", "questionnaires"), rows)


def link_ids() -> str:
    """The words that may stand before the number of an item, by questionnaire."""
    grouped = values_of(seed("instruments", "link_id_prefixes"), "instrument", "link_id_prefix")
    rows = ((name or "says the number only", codes(prefixes)) for name, prefixes in grouped.items())
    return table(("questionnaire", "words before the number"), rows)


def security_labels() -> str:
    """What each security label does."""
    effect = {("true", "false"): "kept out", ("false", "true"): "test data", ("false", "false"): "no effect"}
    found: dict[str, list[str]] = {}
    for row in seed("code_sets", "security_labels"):
        found.setdefault(effect[row["is_restricted"], row["is_test"]], []).append(row["code"])
    return table(("effect", "labels"), ((name, codes(labels)) for name, labels in found.items()))
