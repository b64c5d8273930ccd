"""Faults, versions, duplicates, merges and test patients laid over the rows of a clinic.

Works on the rows that `edge_patients` made: rows get later versions, copies under another id, corrupted copies, and
other owners. Every row ends up in one delivery with or without `updated_at`.
"""

import datetime
from random import Random

from tests.integration.edge_patients import COUNTED, RETRACTING, UNCOUNTED, Clinic, Row
from tests.integration.edge_text import BAD_BOOLEANS, BAD_INTEGERS, BAD_NUMBERS, BAD_TIMESTAMPS, UNMAPPED, moment_text
from tests.integration.oracle.tables import ALIASED_COLUMNS, TABLES

DAY = datetime.timedelta(days=1)
BAD = {
    "date": BAD_TIMESTAMPS,
    "timestamp": BAD_TIMESTAMPS,
    "number": BAD_NUMBERS,
    "integer": BAD_INTEGERS,
    "boolean": BAD_BOOLEANS,
}
Placed = tuple[int, str, Row]


def boundary_dates(rng: Random, delivered_on: datetime.date) -> str:
    """A date on or next to a bound of what a delivery may hold, or far outside."""
    day = rng.choice(
        [
            delivered_on,
            delivered_on + DAY,
            delivered_on + DAY,
            delivered_on + 2 * DAY,
            datetime.date(1990, 1, 1),
            datetime.date(1989, 12, 31),
            datetime.date(1900, 1, 1),
            datetime.date(1900, 1, 2),
            datetime.date(9999, 12, 31),
            datetime.date(1955, 5, 5),
            datetime.date(1, 1, 1),
        ]
    )
    return moment_text(rng, day, rng.choice([None, datetime.time(0, 0, 1), datetime.time(15, 30)]))


def corrupted(rng: Random, table: str, row: Row, delivered_on: datetime.date) -> Row:
    """A copy of a row with one or two faults of any kind: missing, unparsable, out of range, orphan, unmapped."""
    copy = dict(row)
    columns = TABLES[table].columns
    if table == "vitals" and rng.random() < 0.3:
        copy |= {
            "vital": rng.choice(["weight", "Weight ", "WEIGHT"]),
            "unit": rng.choice([*UNMAPPED[:3], "mmHg", None, None, None, "kg"]),
        }
        if rng.random() < 0.6:
            return copy
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        column = rng.choice(columns)
        kind = rng.choice(["missing", "bad", "bad", "range", "range", "orphan"])
        if kind == "missing":
            column = rng.choice([known for known in columns if known.required] + [column])
            copy[column.name] = rng.choice([None, "", "   "])
        elif kind == "bad":
            typed = [known for known in columns if known.kind != "text"]
            column = rng.choice(typed)
            copy[column.name] = rng.choice(BAD[column.kind])
        elif kind == "range":
            ranged = [known for known in columns if known.kind in ("date", "timestamp") and known.name != "updated_at"]
            for known in rng.sample(ranged, min(len(ranged), rng.choice([1, 1, 2]))):
                copy[known.name] = boundary_dates(rng, delivered_on)
            numbers = {
                "vitals": (
                    "value",
                    [
                        "24.99",
                        "25",
                        "350",
                        "350.01",
                        "0",
                        "-1",
                        "55.1",
                        "771.7",
                        "771.61791764707",
                        "350.0000000000000000000000000000000001",
                        "24.9999999999999999999999999",
                        "9" * 45,
                        "350." + "0" * 50,
                    ],
                ),
                "medication_administrations": (
                    "dose",
                    ["0", "-1", "0.0", "-0", "0.0001", "0." + "0" * 40 + "1", "9" * 45, "-0." + "0" * 40 + "1"],
                ),
                "assessments": (
                    *rng.choice(
                        [
                            ("recall_days", ["0", "1", "365", "366", "-7", "9" * 25]),
                            ("total_score", ["-1", "0", "21", "22", "27", "28", "80", "81"]),
                        ]
                    ),
                ),
                "assessment_responses": (
                    *rng.choice(
                        [
                            ("item_number", ["0", "-1", "7", "8", "9", "10", "16", "17", "20", "21"]),
                            ("response", ["-1", "3", "4", "5", "0"]),
                        ]
                    ),
                ),
            }
            if table in numbers and rng.random() < 0.7:
                name, choices = numbers[table]
                copy[name] = rng.choice(choices)
            if table == "medication_administrations":
                copy["status"] = rng.choice([copy.get("status"), *UNCOUNTED])
        elif kind == "orphan" and TABLES[table].parent_column:
            copy[TABLES[table].parent_column] = rng.choice(["nobody", "NOBODY-2", "0"])
        else:
            aliased = [known.name for known in columns if known.name in ALIASED_COLUMNS]
            if aliased:
                copy[rng.choice(aliased)] = rng.choice(UNMAPPED)
    return copy


def key_columns(table: str) -> tuple[str, ...]:
    """The columns that make one record the same as another."""
    return TABLES[table].key


def with_new_key(clinic: Clinic, table: str, row: Row) -> Row:
    """A copy under a key of its own (answers keep their form and get another item)."""
    if table == "assessment_responses":
        return {**row, "item_number": str(clinic.rng.randint(1, 20))}
    return {**row, key_columns(table)[0]: clinic.identifier(clinic.rng.choice(["x", "Z"]))}


def changed(rng: Random, table: str, row: Row) -> Row:
    """A later version of a row: the same, or another status, value or owner."""
    copy = dict(row)
    column = rng.choice(TABLES[table].columns).name
    if "status" in [known.name for known in TABLES[table].columns] and rng.random() < 0.4:
        copy["status"] = rng.choice([*RETRACTING, "completed", "active", *UNCOUNTED[:2]])
    elif column == "dose":
        copy["dose"] = rng.choice(["42", "0.6"])
    elif column == "total_score":
        copy["total_score"] = rng.choice(["10", "20", None])
    elif column == "instrument":
        copy["instrument"] = rng.choice(["PCL-5", "PHQ-9", "GAD-7", "PHQ-2"])
    elif column == "response":
        copy["response"] = rng.choice(["0", "1", "2", "3"])
    elif column in ("sex", "race", "route", "unit"):
        copy[column] = rng.choice(UNMAPPED)
    elif column == "ended_at":
        copy["ended_at"] = None
    return copy


def duplicate_events(clinic: Clinic) -> None:
    """Copies of administrations and forms under other ids: exact, written otherwise, or nearly the same."""
    rng = clinic.rng
    for row in rng.sample(
        clinic.rows["medication_administrations"], len(clinic.rows["medication_administrations"]) // 6
    ):
        copy = with_new_key(clinic, "medication_administrations", row)
        change = rng.choice(
            ["none", "none", "dose", "dose text", "route", "status", "code", "unit", "time", "ingredient"]
        )
        if change == "dose":
            copy["dose"] = "51"
        elif change == "dose text" and copy["dose"]:
            copy["dose"] = copy["dose"] + ("0" if "." in copy["dose"] else ".0")
        elif change == "route":
            copy["route"] = rng.choice(["iv", "I.V.", "IM", None, "blorp"])
        elif change == "status":
            copy["status"] = rng.choice([*COUNTED, *UNCOUNTED, *RETRACTING])
        elif change == "code":
            copy["rxnorm_code"] = "6130"
        elif change == "unit":
            copy["dose_unit"] = rng.choice(["mg", "blorp", "BLORP!", "mcg"])
        elif change == "time" and copy["started_at"]:
            copy["started_at"] = copy["started_at"][:10]
        elif change == "ingredient":
            copy["medication"] = rng.choice(["Ketalar", "Esketamine", "midazolam", "Midazolam!", "S ketamine"])
        clinic.rows["medication_administrations"].append(copy)
    answers: dict[str, list[Row]] = {}
    for row in clinic.rows.get("assessment_responses", []):
        answers.setdefault(row["assessment_id"], []).append(row)
    for row in rng.sample(clinic.rows["assessments"], len(clinic.rows["assessments"]) // 8):
        copy = with_new_key(clinic, "assessments", row)
        if rng.random() < 0.3:
            copy["status"] = rng.choice(["sent", "in-progress", "amended"])
        if rng.random() < 0.15:
            copy["instrument"] = rng.choice(["PHQ-9", "PCL-5", "phq 9"])
        clinic.rows["assessments"].append(copy)
        own = answers.get(row["assessment_id"], [])
        for answer in rng.sample(own, rng.choice([0, len(own), len(own), max(0, len(own) - 1)])):
            changed_answer = answer["response"] if rng.random() < 0.9 else "1"
            clinic.add(
                "assessment_responses", **{**answer, "assessment_id": copy["assessment_id"], "response": changed_answer}
            )


def merge_patients(clinic: Clinic) -> None:
    """Merged patients: simple, chains, loops, self-loops, dangling, into or through test patients."""
    rng = clinic.rng
    patients = {row["patient_id"]: row for row in clinic.rows["patients"]}
    for survivor in rng.sample(sorted(patients), len(patients) // 4):
        previous = survivor
        kind = rng.choice(
            [
                "simple",
                "simple",
                "simple",
                "chain",
                "chain",
                "loop",
                "self",
                "dangling",
                "test",
                "into test",
                "test in chain",
                "bad survivor",
                "tail of loop",
            ]
        )
        aliases = []
        for _ in range(1 if kind in ("simple", "self", "dangling", "test", "into test") else rng.choice([2, 3])):
            identifier = clinic.identifier("Q")
            aliases.append(
                clinic.add("patients", **{**patients[survivor], "patient_id": identifier, "merged_into": previous})
            )
            previous = identifier
        if kind == "loop":
            patients[survivor]["merged_into"] = previous
        elif kind == "tail of loop":
            aliases[0]["merged_into"] = aliases[-1]["patient_id"]
        elif kind == "self":
            aliases[0]["merged_into"] = aliases[0]["patient_id"]
        elif kind == "dangling":
            aliases[0]["merged_into"] = rng.choice(["nobody", "p-missing"])
        elif kind in ("test", "test in chain"):
            aliases[0]["is_test"] = rng.choice(["true", "Y", "1"])
        elif kind == "into test":
            patients[survivor]["is_test"] = "yes"
        elif kind == "bad survivor":
            patients[survivor]["birth_date"] = "1899-12-31"
        move_records(clinic, survivor, [row["patient_id"] for row in aliases])


def move_records(clinic: Clinic, owner: str, others: list[str]) -> None:
    """Let about a third of one patient's records name other patients."""
    for table, rows in clinic.rows.items():
        if TABLES[table].parent_table == "patients":
            for row in rows:
                if row["patient_id"] == owner and clinic.rng.random() < 0.35:
                    row["patient_id"] = clinic.rng.choice(others)


def mark_test_patients(clinic: Clinic) -> None:
    """Test patients by flag and by name, and near misses of the names."""
    rng = clinic.rng
    for row in clinic.rows["patients"]:
        if rng.random() < 0.05:
            row |= rng.choice(
                [
                    {"is_test": "TRUE"},
                    {"is_test": "y"},
                    {"last_name": "TEST"},
                    {"first_name": "Test", "last_name": "Patient"},
                    {"first_name": "Zz", "last_name": "Test-1"},
                    {"first_name": "Test", "last_name": "Test"},
                    {"last_name": "zzztest"},
                    {"first_name": "Tes", "last_name": "t"},
                    {"first_name": "ZZ", "last_name": "Tests"},
                ]
            )


def place_in_deliveries(clinic: Clinic, deliveries: list[datetime.date]) -> list[Placed]:
    """Every row with its delivery, later versions, corrupted versions and corrupted copies: (delivery, table, row)."""
    rng = clinic.rng
    placed: list[Placed] = []
    stamps = [
        moment_text(rng, day + shift * DAY, time)
        for day in deliveries
        for shift in (-9, -1, 0)
        for time in (None, datetime.time(9, 30), datetime.time(9, 30, 0, 1))
    ]
    owners = [row["patient_id"] for row in clinic.rows["patients"]]
    for table, rows in clinic.rows.items():
        is_answer = table == "assessment_responses"
        for row in rows:
            first = rng.randrange(len(deliveries))
            stamp = rng.choice([None, None, *stamps])
            placed.append((first, table, {**row, "updated_at": stamp}))
            if rng.random() < (0.03 if is_answer else 0.2):
                version = changed(rng, table, row) if rng.random() < 0.75 else dict(row)
                if TABLES[table].parent_table == "patients" and rng.random() < 0.12:
                    version["patient_id"] = rng.choice(owners)
                version["updated_at"] = rng.choice([None, stamp, stamp, *rng.sample(stamps, 2)])
                placed.append((rng.randrange(len(deliveries)), table, version))
            if rng.random() < (0.012 if is_answer else 0.06):
                delivery = rng.randrange(len(deliveries))
                copy = row if rng.random() < 0.5 else with_new_key(clinic, table, row)
                stamped = {**copy, "updated_at": rng.choice([None, *stamps])}
                placed.append((delivery, table, corrupted(rng, table, stamped, deliveries[delivery])))
            if rng.random() < (0.002 if is_answer else 0.012):
                delivery, _, broken = placed.pop()
                placed.append((delivery, table, corrupted(rng, table, broken, deliveries[delivery])))
    return placed
