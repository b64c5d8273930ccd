"""Patient resources."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthesis.fhir.habits import Habits
from synthesis.fhir.parts import CANARY, TERMINOLOGY, US_CORE, coding, look_up, meta_of, reference, resource
from synthesis.json_columns import constant, given, listed, members, quoted, where
from synthesis.records import Columns

RACE_SYSTEM = "urn:oid:2.16.840.1.113883.6.238"
RACES = {
    "american_indian_or_alaska_native": "1002-5", "asian": "2028-9", "black_or_african_american": "2054-5",
    "native_hawaiian_or_other_pacific_islander": "2076-8", "white": "2106-3", "other": "2131-1", "multiple": "2106-3",
}  # fmt: skip
SECOND_RACES = {"multiple": "2028-9"}
ETHNICITIES = {"hispanic_or_latino": "2135-2", "not_hispanic_or_latino": "2186-5"}
BIRTH_SEXES = {"female": "F", "male": "M"}
TRUE_WORDS = ("true", "Yes", "1", "T")


def _extension(kind: str, values: pa.Array, *tables: dict[str, str]) -> pa.Array:
    """Race or ethnicity: a category for each table that knows the value, and the value in words."""
    categories = [
        given(code, members(url=constant("ombCategory"), valueCoding=coding(RACE_SYSTEM, quoted(code))))
        for code in (look_up(values, table) for table in tables)
    ]
    words = given(values, members(url=constant("text"), valueString=quoted(values)))
    return given(values, members(url=constant(f"{US_CORE}/us-core-{kind}"), extension=listed(*categories, words)))


def patient_lines(columns: Columns, habits: Habits) -> pa.Array:
    """Lines of Patient: what counts, and the identifiers that real exports carry."""
    sex = columns["sex"]
    birth_sex = look_up(sex, BIRTH_SEXES)
    extensions = [
        _extension("race", columns["race"], RACES, SECOND_RACES),
        _extension("ethnicity", columns["ethnicity"], ETHNICITIES),
    ]
    if habits.has_birth_sex:
        extensions.append(
            given(birth_sex, members(url=constant(f"{US_CORE}/us-core-birthsex"), valueCode=quoted(birth_sex)))
        )
    is_test = pc.fill_null(pc.is_in(columns["is_test"], value_set=pa.array(TRUE_WORDS)), False)
    tag = where(is_test, constant([{"system": f"{TERMINOLOGY}/v3-ActReason", "code": "HTEST"}]))
    in_tag = pa.array(np.arange(len(sex)) % 2 == 0)  # some servers label test data as a tag, others as security
    survivor = columns["merged_into"]
    link = members(other=reference(habits, "Patient", survivor), type=constant("replaced-by"))
    return resource(
        "Patient",
        columns["patient_id"],
        meta_of(columns, security=where(in_tag, None, tag), tag=where(in_tag, tag)),
        text=constant({"status": "generated", "div": f"<div>{CANARY}</div>"}),
        extension=listed(*extensions),
        identifier=listed(members(system=constant("urn:mrn"), value=quoted(columns["mrn"]))),
        name=listed(members(family=quoted(columns["last_name"]), given=listed(quoted(columns["first_name"])))),
        telecom=listed(
            members(system=constant("phone"), value=quoted(columns["phone"])),
            members(system=constant("email"), value=quoted(columns["email"])),
        ),
        gender=quoted(sex),
        birthDate=quoted(columns["birth_date"]),
        deceasedDateTime=quoted(columns["deceased_on"]),
        address=listed(members(line=listed(quoted(columns["address"])), postalCode=quoted(columns["zip_code"]))),
        link=listed(given(survivor, link)),
    )
