"""The page of the cohort definitions."""

from guide.inputs import seed, variables
from guide.markdown import block, code, codes, page, table

KNOWABLE = {
    "index_day": "day 0",
    "induction_max_day": "last day of the induction",
    "open": "later, at no fixed day",
}
SYSTEMS = {"icd10cm": "ICD-10-CM", "icd9cm": "ICD-9-CM", "snomed": "SNOMED CT", "omop": "OMOP concepts and descendants"}

EXPORT = '''
# .venv/bin/python; one clinic at a time, because ids are unique within a site only
import duckdb

question = open("analyses/export_omop_cohort.sql").read()
duckdb.connect("warehouse/kit.duckdb", read_only=True).sql(f"""
    select cohort_definition_id, subject_id, cohort_start_date, cohort_end_date
    from ({question})
    where site_id = '<site_id>' and subject_id is not null
""").write_csv("warehouse/cohort.csv")
'''


def cohort_page() -> str:
    """Rules, code lists and windows of every cohort of `marts.omop_cohort`."""
    return page(
        "Cohort definitions",
        "`marts.omop_cohort` holds our cohorts in the shape of the COHORT table of the OMOP CDM. This page says who is"
        " in them. All are **uncontrolled, pre-post**: they describe what happened, never what the treatment caused.",
        table(
            ("cohort_definition_id", "name", "who"),
            ((row["cohort_definition_id"], row["name"], row["description"]) for row in _definitions()),
        ),
        _common_rules(),
        *(_study(row) for row in seed("studies", "studies")),
        _use(),
        _limits(),
    )


def _definitions() -> tuple[dict[str, str], ...]:
    return seed("studies", "omop_cohort_definitions")


def _common_rules() -> str:
    values = variables()
    return f"""
## What all of them share

- **Exposure**: intravenous ketamine that was given (not ordered, not esketamine). All of it on one local day is one
  infusion.
- **Index**: the patient's first infusion ever delivered is day 0. A gap of more than {values["course_gap_days"]}
  days starts the next course.
- **Entry and exit**: a patient is in a cohort once, from day 0 to the last infusion of the first course.
- **Diagnosis**: a code of the list with an onset, else a record, by day 0; provisional and rule-out diagnoses do
  not count.
- **Baseline**: the last valid form of the primary questionnaire before the first infusion, at most
  {values["baseline_window_days"]} days before it.
- **Outcome**: a valid form of that questionnaire after an infusion of the first course, before the next infusion
  and at most {values["followup_window_days"]} days after it, or {values["post_induction_from_day"]} to
  {values["post_induction_to_day"]} days after the last infusion of the induction and before the next infusion.
"""


def _study(study: dict[str, str]) -> str:
    study_id = study["study_id"]
    numbers = {row["population"]: row["cohort_definition_id"] for row in _definitions() if row["study_id"] == study_id}
    instruments = [row for row in seed("studies", "study_instruments") if row["study_id"] == study_id]
    primary = ", ".join(row["instrument"] for row in instruments if row["is_primary"] == "true")
    others = ", ".join(row["instrument"] for row in instruments if row["is_primary"] != "true") or "none"
    return "\n\n".join(
        [
            f"## {study['title']} ({code(study_id)})",
            "Cohorts: " + ", ".join(f"{number} ({population})" for population, number in numbers.items()) + ".",
            table(
                ("rule", "value"),
                [
                    ("indication", f"{code(study['indication'])}, codes below"),
                    ("age at day 0", f"at least {study['min_age_years']} full years"),
                    ("induction", _induction(study)),
                    ("primary questionnaire", primary),
                    ("other questionnaires", others),
                    ("primary timepoint", code(study["primary_timepoint"])),
                    ("after", study["source"]),
                ],
            ),
            table(
                ("step", "a patient stays who", "knowable at", "makes"),
                [
                    (step["step_order"], _label(step, study), KNOWABLE[step["evaluated_at_rule"]], _makes(step))
                    for step in seed("studies", "attrition_steps")
                ],
            ),
            table(("codes of", code(study["indication"])), _codes(study["indication"])),
        ]
    )


def _label(step: dict[str, str], study: dict[str, str]) -> str:
    if step["step_id"] == "met_induction" and study["is_induction_required"] != "true":
        return f"{step['label']} (not required by this study: everybody stays)"
    return step["label"]


def _makes(step: dict[str, str]) -> str:
    return "eligible" if step["is_eligibility"] == "true" else "analysed"


def _induction(study: dict[str, str]) -> str:
    rows = {row["definition_id"]: row for row in seed("studies", "induction_definitions")}
    required = "required of the analysed" if study["is_induction_required"] == "true" else "described, not required"
    return f"{rows[study['definition_id']]['label']} ({required})"


def _codes(code_set: str) -> list[tuple[str, str]]:
    rows = [row for row in seed("code_sets", "diagnosis_code_sets") if row["code_set_id"] == code_set]
    return [
        (
            name,
            codes(
                row["code"] + ("*" if row["is_prefix"] == "true" else "")
                for row in rows
                if row["code_system"] == system
            ),
        )
        for system, name in SYSTEMS.items()
    ]


def _use() -> str:
    return f"""
## How to point OHDSI tools at them

The mart itself holds no person id and no date: `subject_id` is a number made of `patient_key`, and everybody starts
on {variables()["omop_anchor_date"]} (the var `omop_anchor_date`). It is good for counts, overlaps and lengths.
Inside the clinic's own restricted environment,
[analyses/export_omop_cohort.sql](../analyses/export_omop_cohort.sql) gives the same rows with the person ids and
dates that the clinic delivered:

{block(EXPORT, "python")}

The file is as restricted as the folder that it is written into. Persons of flat deliveries have a `subject_id` only
where the clinic's own patient ids are whole numbers: where none has, the file is a header alone.

Load the file into the results schema of that clinic's CDM as a cohort table. CohortDiagnostics, Characterization,
FeatureExtraction and others read a cohort from such a table (`cohortDatabaseSchema`, `cohortTable`) by its number,
whoever wrote it. ATLAS cannot show the definition: it is this page, not a Circe expression.
"""


def _limits() -> str:
    return """
## Honest limits

- **Analysed means conditioned on the future.** Who is analysed is known only after the outcome form. For questions
  about who is lost, about safety or about incidence, use the eligible.
- **Day 0 is the first infusion delivered**, not the first ever received: earlier treatment elsewhere is unknown.
  OBSERVATION_PERIOD is not consulted.
- The exit is the last infusion, no end of observation and no end of effect.
- A person seen by two clinics is two subjects.
- Diagnoses of flat files count by ICD-10-CM alone; SNOMED CT counts exactly the codes listed, OMOP concepts with
  their descendants where CONCEPT_ANCESTOR was delivered. The three are close to each other and not the same.
- The numbers of the cohorts are this project's: change them in `seeds/studies/omop_cohort_definitions.csv` where a
  CDM has others of the same number.
"""
