"""How the servers of different clinics write the same thing: all of it is allowed, or seen in real exports."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Habits:
    """Habits of one server.

    references: how other resources are named, in turn (relative, absolute, versioned, urn). medicines: where the
    medicine stands (concept, contained, reference). link_ids: how items are told apart (loinc, slash, prefix, number,
    definition). answers: how answers are written, in turn (integer, decimal, answer_code, ordinal, old_ordinal, text,
    quantity). totals: likewise (integer, decimal, quantity). n_parts: files of one resource type; part_style: how they
    are told apart. has_panels: both blood pressures in one Observation. tells_day_by_visit: some conditions have no day
    but that of their visit. writes_rates: some infusions tell a rate instead of a dose. has_deletions: what was deleted
    is listed in bundles.
    """

    offset: str
    references: tuple[str, ...]
    medicines: str
    statement: str
    link_ids: str
    answers: tuple[str, ...]
    totals: tuple[str, ...]
    questionnaire: str
    has_period: bool
    has_birth_sex: bool
    groups_items: bool
    n_parts: int = 1
    part_style: str = "{name}"
    has_panels: bool = False
    tells_day_by_visit: bool = False
    writes_rates: bool = False
    has_deletions: bool = False


HABITS = (
    Habits(
        offset="-08:00", references=("relative",), medicines="concept", statement="MedicationStatement",
        link_ids="slash", answers=("answer_code", "integer"), totals=("integer",), questionnaire="loinc",
        has_period=True, has_birth_sex=True, groups_items=False, writes_rates=True,
    ),
    Habits(
        offset="", references=("absolute", "versioned"), medicines="reference", statement="MedicationRequest",
        link_ids="prefix", answers=("ordinal", "old_ordinal", "text"), totals=("quantity",), questionnaire="versioned",
        has_period=False, has_birth_sex=False, groups_items=True, n_parts=2, part_style="{name}.{part:03d}",
        has_panels=True, has_deletions=True,
    ),
    Habits(
        offset="+00:00", references=("relative", "versioned"), medicines="contained", statement="MedicationStatement",
        link_ids="number", answers=("integer", "decimal"), totals=("decimal",), questionnaire="named",
        has_period=True, has_birth_sex=True, groups_items=False, n_parts=2, part_style="{number}.{name}",
        tells_day_by_visit=True,
    ),
    Habits(
        offset="-05:00", references=("urn", "relative"), medicines="concept", statement="MedicationStatement",
        link_ids="definition", answers=("quantity", "answer_code", "integer"),
        totals=("integer", "quantity", "decimal"), questionnaire="loinc", has_period=False, has_birth_sex=True,
        groups_items=True, has_deletions=True, tells_day_by_visit=True,
    ),
)  # fmt: skip
