"""Rows of the edge-case clinics as rows of OMOP tables."""

from dataclasses import dataclass, field
from itertools import count
from random import Random

from tests.integration.edge_fhir import canonical, turned
from tests.integration.edge_fhir_forms import ITEM_CODES, PANELS, TOTALS, whole
from tests.integration.edge_patients import Row
from tests.integration.oracle import codes
from tests.integration.oracle.aliases import COUNTED_STATUSES
from tests.integration.oracle.values import parse_timestamp

ANSWER_CODES = sorted(code for _, code in codes.ANSWERS)
LOINC_CODES = sorted({code for (system, code) in codes.QUESTIONNAIRE_CODES if system == "loinc"} | set(codes.VITALS))
LOINC_CONCEPTS = {code: str(3_900_000 + number) for number, code in enumerate([*LOINC_CODES, *ANSWER_CODES])}
KETAMINE_VIAL, PTSD_CHRONIC, ICD9_PTSD, ICD10_PTSD = "19100001", "4100001", "44800001", "35200001"
CONDITIONS = {"ptsd": "436676", "mdd": "4152280", "gad": "434613", "acute": "440083", "none": "0", "kind": PTSD_CHRONIC}
BARE_VITALS = {"weight": "3025315", "systolic_bp": "3004249"}


@dataclass
class Numbers:
    """Whole numbers for a clinic's ids: OMOP has no others. One number an id, whatever the table."""

    rng: Random
    known: dict[str, str] = field(default_factory=dict)
    counter: count = field(default_factory=lambda: count(100_001))

    def of(self, identifier: str | None) -> str | None:
        """The number of an id; a new one for None is none at all."""
        if identifier is None or not identifier.strip():
            return None
        return self.known.setdefault(identifier, str(next(self.counter)))

    def fresh(self) -> str:
        """A number that nothing else has."""
        return str(next(self.counter))


def day_and_time(rng: Random, text: str | None) -> tuple[str | None, str | None]:
    """(date, datetime) of a flat text; what does not parse stands in either of them."""
    if text is None:
        return None, None
    try:
        moment = parse_timestamp(text.strip())
    except ValueError:
        return rng.choice([(text, None), ("2024-01-01", text)])
    day = moment.day.isoformat()
    if moment.time is None:
        return day, rng.choice([None, None, f"{day} 00:00:00", day])
    return day, f"{day}{rng.choice(' T')}{moment.time.isoformat()}"


def person(rng: Random, numbers: Numbers, row: Row) -> list[tuple[str, Row]]:
    """A PERSON, and a DEATH where there was one."""
    text = row.get("birth_date")
    day, _ = day_and_time(rng, text)
    try:
        born = parse_timestamp((text or "").strip()).day
        shape = rng.choice(["all", "all", "all", "year", "month", "datetime"])
        birth = {"year_of_birth": str(born.year)}
        if shape in ("all", "month"):
            birth["month_of_birth"] = str(born.month)
        if shape == "all":
            birth["day_of_birth"] = str(born.day)
        if shape == "datetime":
            birth["birth_datetime"] = f"{day} 00:00:00"
    except ValueError:
        birth = {"year_of_birth": None} if text is None else {"year_of_birth": "1980", "birth_datetime": text}
    sex, race, ethnicity = (canonical(name, row.get(name)) for name in ("sex", "race", "ethnicity"))
    found = {
        "person_id": numbers.of(row["patient_id"]),
        "gender_concept_id": turned(codes.OMOP_SEXES).get(sex or "", "0"),
        "gender_source_value": row.get("sex"),
        "race_concept_id": turned(codes.OMOP_RACES).get(race or "", "0"),
        "race_source_value": row.get("race"),
        "ethnicity_concept_id": turned(codes.OMOP_ETHNICITIES).get(ethnicity or "", "0"),
        "ethnicity_source_value": row.get("ethnicity"),
        "person_source_value": row["patient_id"],
        **birth,
    }
    rows = [("person", found)]
    if row.get("deceased_on") and found["person_id"]:
        died_on, died_at = day_and_time(rng, row["deceased_on"])
        rows.append(("death", {"person_id": found["person_id"], "death_date": died_on, "death_datetime": died_at}))
    return rows


def condition(rng: Random, numbers: Numbers, row: Row) -> list[tuple[str, Row]]:
    """A CONDITION_OCCURRENCE: by source code, by concept, by a descendant, by the source's concept."""
    day, time = day_and_time(rng, row.get("recorded_at"))
    return [("condition_occurrence", {
        "condition_occurrence_id": numbers.of(row["diagnosis_id"]),
        "person_id": numbers.of(row.get("patient_id")),
        "condition_concept_id": CONDITIONS[rng.choice(["none", "none", "ptsd", "mdd", "gad", "acute", "kind"])],
        "condition_start_date": day,
        "condition_start_datetime": time,
        "condition_end_date": day_and_time(rng, row.get("resolved_on"))[0],
        "condition_source_value": row.get("code") if rng.random() < 0.8 else None,
        "condition_source_concept_id": rng.choice(["0", None, ICD9_PTSD, ICD10_PTSD]) if rng.random() < 0.3 else None,
        "condition_status_source_value": row.get("status"),
    })]  # fmt: skip


def drug(rng: Random, numbers: Numbers, row: Row) -> list[tuple[str, Row]]:
    """A DRUG_EXPOSURE: an administration, or a prescription that must never count as one."""
    day, time = day_and_time(rng, row.get("started_at") or row.get("started_on"))
    end_day, end_time = day_and_time(rng, row.get("ended_at") or row.get("stopped_on"))
    unit = canonical("dose_unit", row.get("dose_unit"))
    products = {"6130": rng.choice(["785649", KETAMINE_VIAL]), "2119365": "1366610"}
    concept = products.get(row.get("rxnorm_code") or "", "0")
    is_given = "administration_id" in row
    return [("drug_exposure", {
        "drug_exposure_id": numbers.of(row.get("administration_id") if is_given else row.get("medication_id")),
        "person_id": numbers.of(row.get("patient_id")),
        "drug_concept_id": concept,
        "drug_source_value": row.get("medication"),
        "drug_exposure_start_date": day,
        "drug_exposure_start_datetime": time,
        "drug_exposure_end_date": end_day,
        "drug_exposure_end_datetime": end_time,
        "drug_type_concept_id": rng.choice(["32818"] * 12 + ["32838"]) if is_given else "32838",
        "quantity": row.get("dose") if rng.random() < 0.97 else None,
        "dose_unit_source_value": (unit or row.get("dose_unit")) if rng.random() < 0.95 else rng.choice([None, "vial"]),
        "route_concept_id": turned(codes.OMOP_ROUTES).get(canonical("route", row.get("route")) or "", "0")
        if rng.random() < 0.6 else "0",
        "route_source_value": row.get("route"),
    })]  # fmt: skip


def coded(rng: Random, table: str, code: str) -> Row:
    """The columns that say which LOINC term a row is about: by concept, by the source's concept, or by its text."""
    concept, source, text = f"{table}_concept_id", f"{table}_source_concept_id", f"{table}_source_value"
    return rng.choice(
        [
            {concept: LOINC_CONCEPTS[code], text: "something"},
            {concept: "0", source: LOINC_CONCEPTS[code]},
            {concept: "0", source: "0", text: code},
            {concept: "0", text: f"LOINC:{code}"},
            {concept: "999", source: LOINC_CONCEPTS[code], text: code},
        ]
    )


def vital(rng: Random, numbers: Numbers, row: Row) -> list[tuple[str, Row]]:
    """A MEASUREMENT (rarely an OBSERVATION) of a vital sign."""
    table = rng.choice(["measurement"] * 9 + ["observation"])
    day, time = day_and_time(rng, row.get("measured_at"))
    sign = canonical("vital", row.get("vital"))
    known = [code for code, name in codes.VITALS.items() if name == sign]
    if sign in BARE_VITALS and rng.random() < 0.4:
        about = {f"{table}_concept_id": BARE_VITALS[sign]}
    else:
        about = coded(rng, table, rng.choice(known)) if known else {f"{table}_concept_id": "3004501"}
    unit = canonical("unit", row.get("unit"))
    return [(table, about | {
        f"{table}_id": numbers.of(row["vital_id"]),
        "person_id": numbers.of(row.get("patient_id")),
        f"{table}_date": day,
        f"{table}_datetime": time,
        "value_as_number": row.get("value"),
        "unit_concept_id": turned(codes.OMOP_UNITS).get(unit or "", "0") if rng.random() < 0.6 else "0",
        "unit_source_value": row.get("unit"),
    })]  # fmt: skip


def valued(rng: Random, table: str, text: str | None) -> Row:
    """The columns that hold an answer or a total."""
    bare = (text or "").strip()
    if bare in ("0", "1", "2", "3") and rng.random() < 0.4:
        return {"value_as_concept_id": LOINC_CONCEPTS[ANSWER_CODES[int(bare)]], "value_source_value": "said in words"}
    if table == "observation" and bare.isdigit() and len(bare) < 3 and rng.random() < 0.4:
        return {rng.choice(["value_as_string", "value_source_value"]): bare}
    return {"value_as_number": text}


def form(rng: Random, numbers: Numbers, row: Row, answers: list[Row]) -> list[tuple[str, Row]]:
    """A form as rows of MEASUREMENT or OBSERVATION: total, panel, items; nothing where OMOP has no code for it."""
    instrument = canonical("instrument", row.get("instrument"))
    if instrument not in TOTALS:
        return []
    table = Random(f"{row['assessment_id']}").choice(["measurement", "observation"])
    day, time = day_and_time(rng, row.get("completed_at") or row.get("started_at"))

    def one(name: str, code: str, text: str | None, kind: str = table) -> tuple[str, Row]:
        return kind, coded(rng, kind, code) | valued(rng, kind, text) | {
            f"{kind}_id": numbers.of(f"{name} {row['assessment_id']}"),
            "person_id": numbers.of(row.get("patient_id")),
            f"{kind}_date": day,
            f"{kind}_datetime": time,
        }  # fmt: skip

    rows = []
    if row.get("total_score") is not None:
        rows.append(one("total", TOTALS[instrument], row["total_score"], rng.choice([table, table, "measurement"])))
    if rng.random() < 0.15:
        rows.append(one("panel", PANELS[instrument], None))
    for flat in answers:
        item = whole(flat.get("item_number"))
        if item is not None and 1 <= item <= len(ITEM_CODES.get(instrument, [])):
            rows.append(one(f"item {item}", ITEM_CODES[instrument][item - 1], flat.get("response")))
    return rows


def vocabulary() -> list[tuple[str, Row]]:
    """CONCEPT, CONCEPT_ANCESTOR, DRUG_STRENGTH and CDM_SOURCE, as far as the rows above need them."""
    concepts = [{"concept_id": concept, "vocabulary_id": "LOINC", "concept_code": code, "standard_concept": "S"}
                for code, concept in LOINC_CONCEPTS.items()]  # fmt: skip
    concepts += [
        {"concept_id": ICD9_PTSD, "vocabulary_id": "ICD9CM", "concept_code": "309.81"},
        {"concept_id": ICD10_PTSD, "vocabulary_id": "ICD10CM", "concept_code": "F43.12"},
        {"concept_id": "436676", "vocabulary_id": "SNOMED", "concept_code": "47505003", "standard_concept": "S"},
        {"concept_id": "999", "vocabulary_id": "SNOMED", "concept_code": "1", "standard_concept": "S"},
    ]
    ancestors = [("785649", KETAMINE_VIAL), ("436676", PTSD_CHRONIC), ("436676", "436676"), ("441542", PTSD_CHRONIC)]
    strength = {"drug_concept_id": KETAMINE_VIAL, "ingredient_concept_id": "785649", "numerator_value": "50",
                "numerator_unit_concept_id": "8576", "denominator_unit_concept_id": "8587"}  # fmt: skip
    return [
        *(("concept", row) for row in concepts),
        *(("concept_ancestor", {"ancestor_concept_id": up, "descendant_concept_id": down}) for up, down in ancestors),
        ("drug_strength", strength),
        ("cdm_source", {"cdm_version": "5.4", "vocabulary_version": "v5.0 31-AUG-23"}),
    ]


def is_deliverable(table: str, row: Row) -> bool:
    """OMOP knows no administration that was not given."""
    return table != "medication_administrations" or canonical("status", row.get("status")) in COUNTED_STATUSES


SHAPES = {
    "patients": person,
    "diagnoses": condition,
    "medication_administrations": drug,
    "medications": drug,
    "vitals": vital,
}
