"""Patients of the edge-case deliveries: schedules, doses, forms and diagnoses that sit on the rules' boundaries."""

import datetime
from dataclasses import dataclass, field
from itertools import count
from random import Random

from tests.integration.edge_text import UNMAPPED, day_text, integer_text, moment_text, number_text, word_text

Row = dict[str, str | None]
DAY = datetime.timedelta(days=1)
SCHEDULES = [
    [0, 7, 14, 27],
    [0, 7, 14, 28],
    [0, 7, 14, 29],
    [0, 2, 4, 6],
    [0, 2, 4, 7],
    [0, 1, 2, 3],
    [0, 3, 7, 10, 14, 21],
    [0, 4, 8, 12, 16, 21],
    [0, 4, 8, 12, 16, 22],
    [0, 3, 6, 9, 12, 15, 18, 28],
    [0, 3, 6, 9, 12, 15, 18, 21, 28],
    [0, 90],
    [0, 91],
    [0],
    [0, 7, 14, 28, 118],
    [0, 7, 14, 28, 119, 126],
    [0, 3, 7, 97, 188],
    [0, 14, 28, 56],
    [0, 2, 5, 9, 12, 16, 19, 23, 40, 60, 75],
    [0, 7, 14],
    [],
    [0, 7, 21, 28, 42, 60],
    [0, 1, 27, 28, 29],
]
SCORES = {
    "PCL-5": (20, 4, [40, 44, 33, 32, 47, 60, 0, 10, 50, 80, 43]),
    "PHQ-9": (9, 3, [18, 9, 10, 20, 0, 5, 4, 14, 15, 27, 19]),
    "GAD-7": (7, 3, [14, 9, 10, 15, 0, 5, 4, 21]),
    "QIDS-SR16": (16, 3, [16, 11, 10, 20, 0, 5, 6, 15, 21, 27]),
}
RESPONSE_PERCENT = {"PCL-5": 30, "PHQ-9": 50, "GAD-7": 50, "QIDS-SR16": 50}
QIDS_DOMAINS = [(1, 2, 3, 4), (5,), (6, 7, 8, 9), (10,), (11,), (12,), (13,), (14,), (15, 16)]
PARTIAL = {
    "PCL-5": [
        [1],
        [1, 8, 15],
        [1, 2],
        [6],
        [8],
        [8, 9],
        [15],
        [15, 16],
        [3, 9, 18],
        [1, 8, 15, 16],
        list(range(2, 21)),
    ],
    "PHQ-9": [[9], [1, 2], [1, 2, 3], [8, 9], [2, 3, 4, 5]],
    "GAD-7": [[1], [1, 2], [5, 6, 7]],
    "QIDS-SR16": [[1], [5], [16], [2, 3, 4]],
}
PTSD_CODES = [
    "F43.10",
    "f43.10 ",
    "F43.10 - PTSD",
    "F4312",
    "F43.1",
    "F43.11: chronic",
    "F33.2; F43.10",
    "Z00,F43.12",
    "f43 .10",
    "F43.10\u2013PTSD",
    "F43.10\tPTSD",
    "F43.12/F33.2",
    "F43.10_x",
    "F43.10\nPTSD",
    "..F43.1",
    "F43.10(PTSD)",
    "F43.10[x]",
    "F43.0",
    "F43.9",
    "F43.2",
    "F43.8A",
    "(F43.10)",
    "F43.1 0",
]
MDD_CODES = [
    "F33.2",
    "F32.9",
    "F33.40",
    "f331",
    "F32.A",
    "F32.8",
    "F34.1",
    "F33.41;F41.1",
    "F32.5",
    "F33",
    "F33.4",
    "F32.6",
    "F33.1 ,F90.0",
    "F339 recurrent",
]
OTHER_CODES = [
    "F41.1",
    "F41.0",
    "F90",
    "F90.2",
    "F31.81",
    "F34.0",
    "F20.9",
    "F22",
    "F22.0",
    "F10.20",
    "F17.210",
    "F19.9;",
    ";",
    "Z99",
    "F25.1",
    "F29",
    "F41.10",
    "F18",
    "F30",
    "309.81",
    "-",
    "F12.1-x",
]
DIAGNOSIS_STATUSES = [
    "active",
    "confirmed",
    "resolved",
    "inactive",
    "rule-out",
    "provisional",
    "differential",
    None,
    "zebra",
    "Rule Out",
]
COUNTED = ["completed", "completed", "completed", "Completed", "stopped", "in-progress", "In Progress", None]
UNCOUNTED = ["not-done", "on-hold", "active", "sent", "zebra", "not done"]
RETRACTING = ["entered-in-error", "void", "refuted", "Entered in Error"]
# Ids and free text that readers like to take for something else.
ODD_IDS = [
    "NULL",
    "null",
    "NA",
    "nan",
    "#7",
    "1e5",
    "é",
    "O'Hara",
    "x\ny",
    "a,b",
    'q"r',
    "ß",
    "a b",
    "-1",
    "+3",
    "0x1F",
    "True",
    "007",
    "7",
    "7.0",
]
ODD_TEXTS = [
    "a\\",
    "\\N",
    "#x",
    "NULL",
    "x\u2028y",
    "x\x0by",
    "x\x85y",
    "two\r\nlines",
    '""',
    '"',
    "'",
    ";|\t",
    "ﬁ",
    "😀",
    '\\"',
    "a\x00b",
    "\x1b[0m",
    "tab\tin",
    "\u200b",
    "\ufeffx",
]
KETAMINE_NAMES = [
    "Ketamine",
    "Ketalar",
    "KETAMINE HCl 50 mg/mL",
    "ketamine hydrochloride",
    "Ket-amine",
    'Ketamine 5" bag',
    "Ketamine, racemic",
    "ketamine\ninfusion",
]
OTHER_NAMES = ["Esketamine", "S-Ketamine", "Spravato 84 mg", "Midazolam", "Ondansetron", "Bolus ketamine", "Ketorolac"]


@dataclass
class Clinic:
    """One site under construction: its rows by table, and counters for ids."""

    rng: Random
    site_id: str
    rows: dict[str, list[Row]] = field(default_factory=dict)
    counter: count = field(default_factory=lambda: count(1))

    def identifier(self, prefix: str) -> str:
        """A fresh id; some differ only by case or by leading zeros."""
        number = next(self.counter)
        return f"{prefix}{number:0{self.rng.choice([1, 3, 4])}d}"

    def add(self, table: str, **values: str | None) -> Row:
        """Append a row to a table; returns it."""
        self.rows.setdefault(table, []).append(dict(values))
        return self.rows[table][-1]


def clock(rng: Random, unknown: float = 0.15) -> datetime.time | None:
    """A time of the day, sometimes unknown, sometimes with seconds and fractions."""
    if rng.random() < unknown:
        return None
    second, fraction = rng.choice([(0, 0), (0, 0), (30, 0), (59, 999999), (0, 1), (7, 120000)])
    time = datetime.time(rng.choice([0, 8, 9, 10, 13, 23]), rng.choice([0, 1, 30, 59]), second, fraction)
    return None if time == datetime.time.min else time


def add_patient(clinic: Clinic) -> str:
    """One patient with everything that is theirs; returns the id."""
    rng = clinic.rng
    patient_id = clinic.identifier(rng.choice(["P", "p", "", "", "MRN-"]))
    known = {row["patient_id"] for row in clinic.rows.get("patients", [])}
    if rng.random() < 0.1 and (odd := rng.choice(ODD_IDS)) not in known:
        patient_id = odd
    index = datetime.date(2023, 1, 1) + rng.randrange(500) * DAY
    born = datetime.date(rng.randint(1950, 2000), rng.randint(1, 12), rng.randint(1, 28))
    shape = rng.random()
    if shape < 0.2:
        born = datetime.date(index.year - rng.choice([18, 18, 89, 90, 91]), index.month, min(index.day, 28))
        index = born.replace(year=index.year) + rng.choice([-1, 0, 1]) * DAY
    elif shape < 0.28:
        born, index = (
            datetime.date(2004, 2, 29),
            rng.choice([datetime.date(2022, 2, 28), datetime.date(2022, 3, 1), datetime.date(2022, 2, 27)]),
        )
    clinic.add(
        "patients",
        patient_id=patient_id,
        birth_date=day_text(rng, born),
        sex=word_text(rng, rng.choice(["female", "F", "male", "M", "other", "unknown"])),
        race=word_text(rng, rng.choice(["White", "White", "Asian", "Black or African American", "multiple"])),
        ethnicity=word_text(rng, rng.choice(["Hispanic or Latino", "Not Hispanic or Latino", "unknown"])),
        zip_code=rng.choice(
            [
                "03601",
                "12345",
                "12345-6789",
                "1234",
                "123456789",
                "ABCDE",
                "01234",
                "1234-5",
                None,
                "12345 6789",
                "89301-0001",
                "012345",
            ]
        ),
        deceased_on=rng.choice([None] * 9 + [day_text(rng, datetime.date(2024, 11, 1))]),
        is_test=rng.choice(["", "", "", "false", "F", "No", "0", "n", None]),
        first_name=rng.choice(["Ada", "Test", "Zoë", "Ann-Marie", "José"]),
        last_name=rng.choice(["Testa", "Smith", "O'Neil", "Contest", "Müller", "Tester"]),
        mrn=str(rng.randint(1000, 9999)),
    )
    days = rng.choice(SCHEDULES)
    starts = [add_session(clinic, patient_id, index + day * DAY) for day in days]
    add_weights(clinic, patient_id, index, [index + day * DAY for day in days])
    add_diagnoses(clinic, patient_id, index)
    for instrument in SCORES:
        if rng.random() < (0.8 if instrument in ("PCL-5", "PHQ-9") else 0.6):
            add_forms(clinic, patient_id, instrument, index, days, starts)
    add_small_things(clinic, patient_id, index, days)
    return patient_id


def dose_of(rng: Random) -> tuple[str, str, str | None]:
    """(dose, unit, concentration) of one part, often on or just outside a bound for common weights."""
    unit = rng.choice(["mg"] * 8 + ["mg/kg"] * 4 + ["mL", "mL", "mcg", "g", "blorp"])
    if unit == "mg":
        dose = rng.choice(
            [
                "35",
                "70",
                "50.5",
                "7",
                "6.9999",
                "210",
                "210.0001",
                "8.16466266",
                "8.16466265",
                "244.9398798",
                "244.9398799",
                "0.5",
                "1.2",
                "3.2",
                "600",
                "0.04",
                "3",
            ]
        )
    elif unit == "mg/kg":
        dose = rng.choice(["0.5", "1.0", "0.1", "3", "3.0", "0.0999", "3.0001", "75", "0.05", "4", "1.5", "500"])
    else:
        dose = {"mL": rng.choice(["1", "0.7", "2.5"]), "mcg": rng.choice(["35000", "500"]), "g": "0.05"}.get(unit, "5")
    concentration = rng.choice(["50", "10", "0", "-5", None, "100.0"]) if unit == "mL" or rng.random() < 0.1 else None
    return (
        number_text(rng, dose),
        word_text(rng, unit) if unit != "mg/kg" else rng.choice(["mg/kg", "MG/KG"]),
        concentration,
    )


def add_session(clinic: Clinic, patient_id: str, day: datetime.date) -> datetime.time | None:
    """One day's intravenous ketamine in one to three parts; returns the first part's time."""
    rng = clinic.rng
    first = clock(rng)
    dose, unit, concentration = dose_of(rng)
    for part in range(rng.choice([1, 1, 1, 1, 2, 3])):
        if part and rng.random() < 0.5:
            dose, unit, concentration = dose_of(rng)
        start = first if part == 0 else clock(rng, 0.3)
        moment = datetime.datetime.combine(day, start or datetime.time(9))
        end = rng.choice(
            [
                moment + datetime.timedelta(minutes=40, seconds=59),
                moment + datetime.timedelta(minutes=59),
                moment - datetime.timedelta(seconds=30),
                moment,
                moment - DAY,
                moment + datetime.timedelta(hours=3),
                None,
                "unknown",
            ]
        )
        if isinstance(end, datetime.datetime):
            end = moment_text(rng, end.date(), end.time() if end.time() != datetime.time.min else None)
        elif end:
            end = moment_text(rng, day + rng.choice([0, 1]) * DAY, None)
        has_code = rng.random()
        clinic.add(
            "medication_administrations",
            administration_id=clinic.identifier("A"),
            patient_id=patient_id,
            medication=rng.choice(KETAMINE_NAMES) if has_code > 0.08 else rng.choice(OTHER_NAMES),
            rxnorm_code="6130" if has_code < 0.3 else rng.choice([None, None, None, "999999", "6103"]),
            route=word_text(rng, rng.choice(["IV", "intravenous"])),
            dose=dose,
            dose_unit=unit,
            concentration_mg_per_ml=concentration,
            started_at=moment_text(rng, day, start),
            ended_at=end,
            status=rng.choice(COUNTED),
        )
    return first


def add_weights(clinic: Clinic, patient_id: str, index: datetime.date, sessions: list[datetime.date]) -> None:
    """Weights exactly 0, 30, 31, 365 and 366 days old, two on one day, and blood pressures of session days."""
    rng = clinic.rng
    weight = rng.choice(
        [("70", "kg"), ("180", "lb"), ("180", "lbs"), ("70000", "g"), ("2880", "oz"), ("81.6466266", "kg")]
    )
    days = [index - age * DAY for age in rng.sample([0, 5, 30, 31, 365, 366, 400], rng.choice([0, 1, 1, 2, 2]))]
    days += [day for day in sessions if rng.random() < 0.15] * rng.choice([1, 2])
    for day in days:
        value, unit = (
            weight
            if rng.random() < 0.7
            else rng.choice(
                [("25", "kg"), ("350", "kg"), ("60.5", "kg"), ("55.2", "lb"), ("771.6", "lb"), ("1000", "oz")]
            )
        )
        clinic.add(
            "vitals",
            vital_id=clinic.identifier("V"),
            patient_id=patient_id,
            vital=word_text(rng, "weight"),
            value=number_text(rng, value),
            unit=word_text(rng, unit),
            measured_at=moment_text(rng, day, clock(rng, 0.3)),
        )
    for day in sessions:
        for _ in range(rng.choice([0, 0, 1, 2])):
            clinic.add(
                "vitals",
                vital_id=clinic.identifier("V"),
                patient_id=patient_id,
                vital=word_text(rng, rng.choice(["systolic_bp", "systolic_bp", "diastolic_bp", "heart_rate", "spo2"])),
                value=number_text(rng, rng.randint(60, 190)),
                unit=rng.choice(["mmHg", None, "blorp", "mm Hg"]),
                measured_at=moment_text(rng, day, clock(rng)),
            )
    if rng.random() < 0.1:
        clinic.add(
            "vitals",
            vital_id=clinic.identifier("V"),
            patient_id=patient_id,
            vital=rng.choice(UNMAPPED),
            value="-3",
            unit=rng.choice(["blorp", None]),
            measured_at=day_text(rng, index),
        )


def add_diagnoses(clinic: Clinic, patient_id: str, index: datetime.date) -> None:
    """Codes as clinics write them, with their day before, on and after the index day."""
    rng = clinic.rng
    plain_ptsd, plain_mdd = PTSD_CODES[:8], MDD_CODES[:4]
    pools = rng.choice([[plain_ptsd, plain_mdd]] * 3 + [[plain_ptsd], [plain_mdd], [PTSD_CODES], [MDD_CODES], []])
    wanted = [rng.choice(pool) for pool in pools] + rng.choices(
        PTSD_CODES + MDD_CODES + OTHER_CODES, k=rng.randint(0, 3)
    )
    for code in wanted:
        recorded = index + rng.choice([-400, -30, -1, -1, -1, 0, 0, 1, 20]) * DAY
        onset = rng.choice([None, None, None, index, index + DAY, index - DAY, datetime.date(2010, 5, 1)])
        clinic.add(
            "diagnoses",
            diagnosis_id=clinic.identifier("D"),
            patient_id=patient_id,
            code=code,
            code_system=rng.choice(["ICD-10-CM", None]),
            description=rng.choice(["said, he", 'a "quoted" one', "two\nlines", None, *ODD_TEXTS]),
            onset_on=day_text(rng, onset) if onset else None,
            resolved_on=None,
            recorded_at=moment_text(rng, recorded, clock(rng)),
            status=rng.choice(DIAGNOSIS_STATUSES if rng.random() < 0.4 else ["active", "confirmed", None]),
        )


def items_for(rng: Random, instrument: str, total: int) -> dict[int, int]:
    """Answers to every item with a given total."""
    n_items, highest, _ = SCORES[instrument]
    domains = QIDS_DOMAINS if instrument == "QIDS-SR16" else [(item,) for item in range(1, n_items + 1)]
    values = [0] * len(domains)
    while sum(values) < total:
        position = rng.randrange(len(domains))
        values[position] = min(highest, values[position] + 1)
    answers = {}
    for domain, value in zip(domains, values, strict=True):
        answers |= {item: rng.randint(0, value) for item in domain}
        answers[rng.choice(domain)] = value
    return answers


def next_score(rng: Random, instrument: str, start: int) -> int:
    """A later score on or next to a threshold: response, remission, reliable change."""
    n_items, highest, _ = SCORES[instrument]
    limit = 27 if instrument == "QIDS-SR16" else n_items * highest
    percent = RESPONSE_PERCENT[instrument]
    exact = start * (100 - percent) // 100
    candidates = [
        exact,
        exact + 1,
        exact - 1,
        start,
        start - 15,
        start - 14,
        start + 15,
        start + 14,
        start - 5,
        start + 5,
        start - 4,
        start + 4,
        start + 1,
        4,
        5,
        6,
        28,
        29,
        32,
        33,
        0,
    ]
    return min(limit, max(0, rng.choice(candidates[:3] if rng.random() < 0.4 else candidates)))


def add_form(
    clinic: Clinic, patient_id: str, instrument: str, day: datetime.date, time: datetime.time | None, total: int
) -> Row:
    """One form with its answers: complete, partial, reported only, contradicting, or never finished."""
    rng = clinic.rng
    kind = rng.choices(
        ["items", "both", "mismatch", "reported", "partial", "partial and total", "nothing"], [55, 12, 8, 12, 9, 3, 1]
    )[0]
    answers = items_for(rng, instrument, total)
    if kind.startswith("partial"):
        answers = {item: value for item, value in answers.items() if item not in rng.choice(PARTIAL[instrument])}
    if kind in ("reported", "nothing"):
        answers = {}
    reported = {
        "both": total,
        "partial and total": total,
        "reported": total,
        "mismatch": total - 1 if total else 1,
    }.get(kind)
    is_finished = rng.random() < 0.94
    form = clinic.add(
        "assessments",
        assessment_id=clinic.identifier("F"),
        patient_id=patient_id,
        instrument=word_text(rng, instrument),
        recall_days=rng.choice([None, integer_text(rng, 30), "7", "1", "14", "365"]),
        sent_at=rng.choice([None, moment_text(rng, day - DAY, None)]),
        started_at=rng.choice([None, moment_text(rng, day, time)]),
        completed_at=moment_text(rng, day, time) if is_finished or rng.random() < 0.3 else None,
        total_score=None if reported is None else integer_text(rng, reported),
        status=rng.choice(["completed", "Completed", "amended"])
        if is_finished
        else rng.choice(["completed", "sent", "in-progress", "expired", "zebra", "stopped"]),
        channel=rng.choice(["patient", "staff", None]),
    )
    for item, value in answers.items():
        clinic.add(
            "assessment_responses",
            assessment_id=form["assessment_id"],
            item_number=integer_text(rng, item),
            response=integer_text(rng, value),
        )
    return form


def add_forms(
    clinic: Clinic,
    patient_id: str,
    instrument: str,
    index: datetime.date,
    days: list[int],
    starts: list[datetime.time | None],
) -> None:
    """Baselines at every edge of the window and follow-ups at every edge of theirs."""
    rng = clinic.rng
    start = rng.choice(SCORES[instrument][2])
    for offset in rng.sample([-31, -30, -29, -1, 0, 0], rng.choice([0, 1, 1, 2])) + rng.choice([[-3], [-3], []]):
        time = same_day_time(rng, starts[0]) if days and offset == 0 else clock(rng)
        score = start if rng.random() < 0.7 else rng.choice(SCORES[instrument][2])
        add_form(clinic, patient_id, instrument, index + offset * DAY, time, score)
    for position, day in enumerate(days):
        if rng.random() < 0.2:
            time = same_day_time(rng, starts[position])
            add_form(clinic, patient_id, instrument, index + day * DAY, time, next_score(rng, instrument, start))
        for offset in rng.sample([1, 1, 2, 6, 7], rng.choice([0, 1, 1, 2])):
            add_form(
                clinic,
                patient_id,
                instrument,
                index + (day + offset) * DAY,
                clock(rng),
                next_score(rng, instrument, start),
            )
    last = days[-1] if days else 0
    for offset in rng.sample([13, 14, 15, 29, 30, 31, 32, 45], rng.choice([0, 1, 2, 3])):
        after = rng.choice([last, days[min(3, len(days) - 1)] if days else 0])
        add_form(
            clinic,
            patient_id,
            instrument,
            index + (after + offset) * DAY,
            clock(rng),
            next_score(rng, instrument, start),
        )


def same_day_time(rng: Random, start: datetime.time | None) -> datetime.time | None:
    """A time just before, at, or just after a session's start, or unknown."""
    if start is None:
        return clock(rng)
    moment = datetime.datetime.combine(datetime.date(2024, 1, 1), start)
    shift = rng.choice([-1, 0, 0, 1])
    time = (moment + datetime.timedelta(microseconds=shift) * rng.choice([1, 1_000_000])).time()
    return None if time == datetime.time.min else rng.choice([time, time, time, None])


def add_small_things(clinic: Clinic, patient_id: str, index: datetime.date, days: list[int]) -> None:
    """Other ketamine, esketamine, cancelled infusions, medicines, adverse events, forms of other instruments."""
    rng = clinic.rng
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        status = rng.choice(COUNTED + UNCOUNTED)
        is_counted = status in COUNTED
        clinic.add(
            "medication_administrations",
            administration_id=clinic.identifier("A"),
            patient_id=patient_id,
            medication=rng.choice(KETAMINE_NAMES + OTHER_NAMES),
            rxnorm_code=rng.choice([None, None, "6130", "2119365"]),
            route=rng.choice(["IM", "sublingual", "oral", "intranasal", None, "blorp", "-", "IV", "Subcutaneous"]),
            dose=rng.choice(["50", "100"]) if is_counted or rng.random() < 0.5 else rng.choice([None, "0", "0.0"]),
            dose_unit="mg" if is_counted or rng.random() < 0.5 else rng.choice([None, "blorp"]),
            started_at=moment_text(rng, index + rng.choice([-200, -1, 0, 3, 7, 40]) * DAY, clock(rng)),
            status=status,
        )
    if rng.random() < 0.5:
        clinic.add(
            "medications",
            medication_id=clinic.identifier("M"),
            patient_id=patient_id,
            medication=rng.choice(["Sertraline", "Ketamine troche", "Lithium"]),
            route=rng.choice(["oral", None, "blorp"]),
            started_on=rng.choice([None, day_text(rng, index), "1985-01-01"]),
            stopped_on=rng.choice([None, "2031-12-31", day_text(rng, index + DAY)]),
            status=rng.choice(["active", "stopped", None, "zebra"]),
        )
    for _ in range(rng.choice([0, 0, 1, 2])):
        clinic.add(
            "adverse_events",
            adverse_event_id=clinic.identifier("E"),
            patient_id=patient_id,
            event=rng.choice(["nausea", "nausea", *ODD_TEXTS]),
            severity=rng.choice(["mild", None, *ODD_TEXTS]),
            started_at=moment_text(rng, index + rng.choice([*days, 1]) * DAY, clock(rng)),
        )
    if rng.random() < 0.4:
        form = clinic.add(
            "assessments",
            assessment_id=clinic.identifier("F"),
            patient_id=patient_id,
            instrument=rng.choice(["PCL-C", "PHQ-2", "PHQ-8", "pcl m", "Mood Meter", "-"]),
            recall_days=rng.choice(["30", None]),
            completed_at=rng.choice([moment_text(rng, index + rng.choice([-2, 0, 1, 9]) * DAY, clock(rng)), None]),
            total_score=rng.choice([None, "85", "-3"]),
            status="completed",
        )
        for item in rng.sample([-1, 0, 1, 2, 17, 40], rng.choice([0, 2, 3])):
            clinic.add("assessment_responses", assessment_id=form["assessment_id"], item_number=str(item), response="5")
