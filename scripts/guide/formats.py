"""One page for each format: where its files lie, which field becomes what, which codes are accepted."""

import re

from guide import accepted
from guide.inputs import declared_tables, delivered_columns, meta_of, seed
from guide.markdown import block, code, codes, page, table
from reader.declaration import EHR, FHIR, OMOP

CORE = {
    "patients": "core.patients",
    "diagnoses": "core.diagnoses",
    "medication_administrations": "core.administrations",
    "medications": "core.medications",
    "vitals": "core.vital_signs and core.weights",
    "assessments": "core.assessments",
    "assessment_responses": "core.assessment_items",
    "adverse_events": "core.adverse_events",
}
UNUSED = "kept, not used"
LABELLED = "security labels: below"

FATES = """
Every record gets one fate: accepted, superseded, duplicate, retracted, or quarantined with a reason.
`audit.row_accounting` proves the sum file by file, `audit.quarantine` lists what is held back and why,
`audit.unmapped_values` lists words without an alias. Columns of names, contact data, record numbers and free text never
pass the reader.
"""

ADD_ALIAS = """
A word that we do not know is listed in `audit.unmapped_values`. Add a row to `seeds/aliases/value_aliases.csv`:
field, the word as it is written, the value from the table above, and where you know it from. Case, blanks and
punctuation do not matter: a word that is there already, however written, must not be added again.
"""

AFTER_ADDING = """
Then run `make build` (or `.venv/bin/python scripts/refresh.py`): it loads the seeds, checks their keys and values,
builds everything anew and publishes it (`dbt build` alone fills only `development.duckdb`). `make test` recomputes the
check digits of LOINC and SNOMED CT codes, and `make docs` writes this page again. No SQL is touched. `source` is never
empty: a row that nobody can check is not accepted.
"""


def ehr_page() -> str:
    """The page of the flat tables."""
    return page(
        "Flat tables: which column becomes what",
        block("data/raw/ehr/site=<site_id>/delivered_on=<YYYY-MM-DD>/<table>.csv | .csv.gz | .parquet"),
        "One file for each table, with a header. Columns in any order; columns that are not here are reported and not"
        " stored. A required column must be there and filled, else the file or the record does not pass. Dates are"
        " `2024-02-29` or `02/29/2024`, with a time where the table asks for one; the clinic's own wall clock counts.",
        FATES,
        *(_ehr_table(entry) for entry in declared_tables(EHR)),
        "## Which values are accepted",
        accepted.words(),
        "Medicines:",
        accepted.ingredients(),
        "Diagnoses count by ICD-10-CM alone (`*`: and all codes that begin so). A cell may hold several codes and words"
        " behind each.",
        accepted.diagnoses("icd10cm"),
        "## How to add a word or a code",
        ADD_ALIAS,
        block("route,I.V. via port,intravenous,Export of our clinic since 2024", "csv"),
        "A diagnosis is a row of `seeds/code_sets/diagnosis_code_sets.csv`, code in upper case without its dot:",
        block("mdd_broad,icd10cm,F0631,false,Mood disorder with depressive features,ICD-10-CM tabular list", "csv"),
        AFTER_ADDING,
    )


def fhir_page() -> str:
    """The page of FHIR R4."""
    return page(
        "FHIR R4: which element becomes what",
        block("data/raw/fhir/site=<site_id>/delivered_on=<YYYY-MM-DD>/<ResourceType>*.ndjson | .ndjson.gz"),
        "Bulk Data exports as they come: `Patient.ndjson`, `Observation.000.ndjson.gz`, deletions named by the folder's"
        " `manifest.json`. One resource a line; what a line is decides its own `resourceType`, not the name of its"
        " file. A line is one record. Resources that mean nothing to the warehouse (laboratory results, coverage, ...)"
        " are accepted as `unused`; lines that are no resource are `malformed`.",
        FATES,
        "Each resource is brought to the shape of a flat table: its columns are described in"
        " [mapping_ehr.md](mapping_ehr.md). *Becomes* names them.",
        *(_fhir_table(entry) for entry in declared_tables(FHIR)),
        _rules_of_fhir(),
        "## Which codes are accepted",
        "A code counts by the system that its coding names; a code of another system is kept as unknown.",
        accepted.code_systems(),
        accepted.coded_values(),
        "Where no code is known of a route, a unit or a medicine, the text beside it counts as in a flat file (see"
        " [mapping_ehr.md](mapping_ehr.md)). What an Observation is about is told by its code alone.",
        "Medicines: the RxNorm code of the ingredient (6130 ketamine, 2119365 esketamine). A product code counts by the"
        " name beside it, or as a row of `seeds/code_sets/ingredient_codes.csv`.",
        "Questionnaires:",
        accepted.questionnaires(),
        accepted.link_ids(),
        "Answers without points of their own (`ordinalValue` and its relatives):",
        accepted.answers(),
        "Diagnoses (`*`: and all codes that begin so; any other row is exactly its code):",
        accepted.diagnoses("icd10cm", "icd9cm", "snomed"),
        "Security labels:",
        accepted.security_labels(),
        _losses(FHIR),
        "## How to add a code",
        _adding(
            ("a code of a route, unit, vital sign, ...", "code_sets/coded_values.csv",
             "route,snomed,47625008,intravenous,SNOMED CT"),
            ("a code system, or another name of one: lower case, without version and without a slash at its end",
             "code_sets/code_systems.csv",
             "loinc,https://our-server.example/loinc,Export of our clinic"),
            ("a diagnosis", "code_sets/diagnosis_code_sets.csv",
             "ptsd,snomed,47505003,false,Posttraumatic stress disorder,SNOMED CT"),
            ("an item or total of a questionnaire", "instruments/questionnaire_codes.csv",
             "loinc,44261-6,PHQ-9,total,,LOINC"),
            ("a Questionnaire of your own", "instruments/questionnaires.csv",
             "https://our-clinic.example/Questionnaire/pcl5-weekly,PCL-5,Our form"),
            ("a word before item numbers", "instruments/link_id_prefixes.csv", "ptsdcheck,PCL-5,Our form"),
            ("a coded answer", "instruments/answer_codes.csv", "loinc,LA6569-3,PHQ-9,1,LOINC"),
            ("a site's time zone", "code_sets/site_time_zones.csv", "denver,America/Denver,Told by the site"),
            ("a security label", "code_sets/security_labels.csv", "v3-actcode,SUD,true,false,42 CFR Part 2"),
        ),
        ADD_ALIAS,
        AFTER_ADDING,
    )  # fmt: skip


def omop_page() -> str:
    """The page of the OMOP CDM."""
    return page(
        "OMOP CDM: which column becomes what",
        block("data/raw/omop/site=<site_id>/delivered_on=<YYYY-MM-DD>/<TABLE>.csv | .csv.gz | .parquet"),
        "CDM 5.3 and 5.4. Names of tables and columns in any case; values separated by commas, or by tabs as in"
        " vocabulary downloads. Deliver CONCEPT, CONCEPT_ANCESTOR and DRUG_STRENGTH with the rest where you can:"
        " without CONCEPT questionnaires are known by their `*_source_value` alone, without CONCEPT_ANCESTOR only"
        " exactly the concepts below count, without DRUG_STRENGTH millilitres stay millilitres.",
        FATES,
        "Each table is brought to the shape of a flat table: its columns are described in"
        " [mapping_ehr.md](mapping_ehr.md). *Becomes* names them. Required columns have a star.",
        *(_omop_table(entry) for entry in declared_tables(OMOP)),
        _rules_of_omop(),
        "## Which concepts are accepted",
        accepted.concepts(),
        "Concepts of your own (2,000,000,000 and above) mean something at your site only. They are written"
        " `<id>@<site_id>`: in `value_aliases.csv` for routes, units and the like, in `diagnosis_code_sets.csv` (system"
        " `omop`) for diagnoses.",
        "Diagnoses: the concept or one of its ancestors, or the source code (`*`: and all codes that begin so).",
        accepted.diagnoses("omop", "icd10cm", "icd9cm", "snomed"),
        "Questionnaires, by the code of the concept in CONCEPT or in `*_source_value` (also as `LOINC:44261-6`):",
        accepted.questionnaires(),
        _losses(OMOP),
        "## How to add a concept or a code",
        _adding(
            ("a concept of a route, unit, vital sign, type, ...", "code_sets/omop_concepts.csv",
             "4171047,route,intravenous,OMOP concept Intravenous route"),
            ("a diagnosis", "code_sets/diagnosis_code_sets.csv",
             "ptsd,omop,436676,false,Posttraumatic stress disorder,OMOP standard concept"),
            ("an item or total of a questionnaire", "instruments/questionnaire_codes.csv",
             "loinc,44261-6,PHQ-9,total,,LOINC"),
        ),
        ADD_ALIAS,
        AFTER_ADDING,
        "The way back, from our cohorts to your CDM: [cohort_definitions.md](cohort_definitions.md).",
    )  # fmt: skip


def _losses(format_name: str) -> str:
    """What the format cannot carry, from the seed `format_losses`."""
    rows = []
    for row in seed("quality", "format_losses"):
        if row["format"] == format_name:
            place = ".".join(name for name in ("core", row["table_name"], row["column_name"]) if name)
            rows.append((row["what_is_lost"], code(place), row["reason"]))
    return "\n\n".join(
        [
            "## What is lost",
            "The same clinic, written as flat tables and in this format, gives the same warehouse but for this; a test"
            " proves it, table by table.",
            table(("lost", "where", "why"), rows),
        ]
    )


def _ehr_table(entry: dict) -> str:
    rows = [
        (
            code(column["name"]),
            meta_of(column)["type"],
            "yes" if meta_of(column).get("required") else "",
            column["description"],
        )
        for column in delivered_columns(entry)
    ]
    return "\n\n".join(
        [
            f"## {entry['name']}",
            f"{entry['description'].strip()} Goes to {CORE[entry['name']]}.",
            table(("column", "type", "required", "what it is"), rows),
            _dropped(entry),
        ]
    ).strip()


def _fhir_table(entry: dict) -> str:
    rows = [
        (code(_path(column)), code(column["name"]), _becomes(entry, column), column["description"])
        for column in delivered_columns(entry)
    ]
    return "\n\n".join(
        [
            f"## {meta_of(entry).get('resource_type', 'Every other resource')}",
            entry["description"].strip(),
            table(("element", f"kept in raw.{entry['identifier']}", "becomes", "what it is"), rows),
            _dropped(entry),
        ]
    ).strip()


def _omop_table(entry: dict) -> str:
    rows = [
        (
            code(column["name"] + ("*" if meta_of(column).get("required") else "")),
            _becomes(entry, column),
            column["description"],
        )
        for column in delivered_columns(entry)
    ]
    return "\n\n".join(
        [
            f"## {entry['name'].upper()}",
            entry["description"].strip(),
            table((f"column, kept in raw.{entry['identifier']}", "becomes", "what it is"), rows),
            _dropped(entry),
        ]
    ).strip()


def _path(column: dict) -> str:
    meta = meta_of(column)
    kept = ", ".join(meta.get("keep", ()))
    path = re.sub(r"\s+", "", meta.get("path", column["name"]))
    return f"{path} ({kept})" if kept else path


def _becomes(entry: dict, column: dict) -> str:
    if column["name"] == "security_codings":
        return LABELLED
    meaning = meta_of(entry).get("becomes", {}).get(column["name"], UNUSED)
    return re.sub(r"\b[a-z_]+\.[a-z_]+\b", lambda found: code(found.group()), meaning)


def _dropped(entry: dict) -> str:
    meta = meta_of(entry)
    lines = []
    if meta.get("identifiers"):
        lines.append(f"Never stored, because it identifies people or is free text: {codes(meta['identifiers'])}.")
    if meta.get("unused"):
        lines.append(f"Known and not needed: {codes(meta['unused'])}.")
    return "\n\n".join(lines)


def _adding(*rows: tuple[str, str, str]) -> str:
    listed = ((what, code(f"seeds/{path}"), code(example)) for what, path, example in rows)
    return table(("to add", "write a row into", "such as"), listed)


def _rules_of_fhir() -> str:
    return """
## What FHIR brings along

- **Days.** A partial date (`2021`, `2021-05`) keeps its precision. Where a day is needed it quarantines the record
  (`unparsable:<column>`), where none is needed the day stays empty, and a birth year alone gives an approximate
  age.
- **Time zones.** An instant that ends in `Z` is brought to the local time of its site, where `site_time_zones` has
  a row for it; without one, instants stay as written. An explicit offset is read and never applied: it is the
  clinic's own clock.
- **Orders are no exposures.** Only a MedicationAdministration says that ketamine was given.
- **One form counts once.** A QuestionnaireResponse and the Observations made of it are one form: the response
  stands.
- **Items** are found by LOINC code in `linkId` (`44250-9`, `/44250-9`) or `definition`, by a word and a number
  (`phq9-1`), or by the number alone where the questionnaire is known. The recall period is never assumed.
- **Deletions** named by the manifest withdraw the record and its older versions.
"""


def _rules_of_omop() -> str:
    return """
## What OMOP cannot say, and what it does not cost you

- **Doses.** DRUG_EXPOSURE has no dose: `quantity` counts only with a known `dose_unit_source_value`. Everything
  else is accepted without a dose (method X), counted, and never guessed.
- **Types.** Only the administration types below are exposures. A type that is in neither list is taken as not given
  and shows in `audit.unmapped_values`.
- **Questionnaires** may lie in MEASUREMENT or in OBSERVATION: both are read. Rows of one person, questionnaire and
  time are one form. Form version, recall period and channel are not in the model and stay empty.
- **Birth** without month or day gives an approximate age.
- There is no time of change: among two deliveries of one id the later stands.
"""
