"""The clinics of the sample network: size, calendar and habits of each. All of it is invented."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Delivery:
    """One export: the day it was handed over and whether it holds everything (snapshot) or what is new (delta)."""

    delivered_on: date
    is_snapshot: bool


@dataclass(frozen=True)
class Clinic:
    """Size and habits of one clinic.

    Shares are 0..1. `size` is relative to the other clinics. `forms` maps an instrument to the share of the patients
    concerned who are enrolled for it; `answer_logit` shifts how willingly this clinic's patients answer.
    """

    site_id: str
    note: str
    size: float
    live_on: date
    deliveries: tuple[Delivery, ...]
    format: str = "ehr"
    # files
    extension: str = "csv.gz"  # of the larger tables: csv, csv.gz, parquet
    small_extension: str = "csv"  # of patients, diagnoses, medications and adverse events
    is_native_parquet: bool = False  # dates and numbers typed, not text
    quotes_everything: bool = False
    line_end: str = "\n"
    has_byte_order_mark: bool = False
    shuffles_columns: bool = False
    extra_column: str | None = None
    header_case: str = "lower"
    has_updated_at: bool = True
    absent_tables: tuple[str, ...] = ()
    types_by_hand: bool = False  # files are edited by hand now and then: broken lines occur
    leaves_notes: bool = False  # a text file lies beside the tables
    # writing
    date_style: str = "iso"  # iso, us
    clock_style: str = " HH:MM:SS"
    unknown_time_style: str = "date"  # date, midnight
    writes_times: bool = True
    id_style: tuple[str, int] = ("", 6)  # prefix and digits
    has_numbers_as_ids: bool = False  # ids are plain whole numbers, so that every format can hold them
    spelling: int = 0  # which column of the spellings this clinic prefers
    code_style: str = "plain"  # plain, undotted, lower, described, several
    gives_rxnorm: float = 0.5
    # infusions
    dose_style: str = "mg"  # mg, mg/kg, mL, mixed
    dose_step_mg: int = 5
    weight_unit: str = "kg"  # kg, lb, mixed, ounces
    weighs_each_session: float = 0.95
    weighs_at_intake: float = 0.9
    bolus_share: float = 0.03
    time_known_share: float = 0.985
    status_blank_share: float = 0.0
    vitals_share: float = 0.6
    # forms
    forms: dict[str, float] = field(default_factory=dict)
    answer_logit: float = 0.0
    sends_next_day: float = 0.25
    sends_check_in: float = 0.85
    recall_days: int | None = 30
    item_level_share: float = 0.95
    foreign_forms: bool = False


def _deliveries(*days: str) -> tuple[Delivery, ...]:
    """('2024-12-31', '2025-06-30+') -> deliveries; a plus marks a delta, the others are snapshots."""
    return tuple(Delivery(date.fromisoformat(day.rstrip("+")), not day.endswith("+")) for day in days)


CLINICS: tuple[Clinic, ...] = (
    Clinic(
        "01", "the largest group: deltas, PCL-5 for some", 20.0, date(2019, 3, 4),
        _deliveries("2025-01-15", "2025-04-15+", "2025-07-01+"), extension="csv.gz", id_style=("", 6),
        clock_style=" HH:MM:SS", weight_unit="kg", gives_rxnorm=0.9,
        forms={"PCL-5": 0.35, "PHQ-9": 0.85, "GAD-7": 0.15}, answer_logit=0.1,
    ),
    Clinic(
        "02", "large, never sends the PCL-5", 15.0, date(2020, 1, 13),
        _deliveries("2025-02-03", "2025-06-30+"), extension="parquet", small_extension="parquet", id_style=("", 6),
        clock_style="THH:MM:SS", dose_step_mg=1, spelling=1,
        forms={"PHQ-9": 0.9, "GAD-7": 0.2}, answer_logit=0.2, code_style="undotted",
    ),
    Clinic(
        "03", "large, weight in pounds, American dates", 11.0, date(2019, 9, 9),
        _deliveries("2024-12-31", "2025-06-30+"), extension="csv.gz", date_style="us", clock_style=" HH:MM",
        weight_unit="lb", id_style=("P", 5), spelling=2, code_style="described",
        forms={"PCL-5": 0.45, "PHQ-9": 0.8, "GAD-7": 0.1}, answer_logit=-0.1, bolus_share=0.08,
    ),
    Clinic(
        "04", "documents the dose in mg/kg", 9.0, date(2020, 6, 1),
        _deliveries("2025-01-31", "2025-06-15+"), dose_style="mg/kg", extension="csv.gz", id_style=("", 6),
        clock_style="THH:MM:SSZ", spelling=1, line_end="\r\n",
        forms={"PCL-5": 0.5, "PHQ-9": 0.85, "GAD-7": 0.2}, answer_logit=0.25,
    ),
    Clinic(
        "05", "keen on measurement: forms at every visit, QIDS-SR16 and GAD-7", 8.0, date(2019, 11, 4),
        _deliveries("2024-12-20", "2025-03-20+", "2025-06-20+"), extension="csv.gz", id_style=("", 6),
        forms={"PCL-5": 0.75, "QIDS-SR16": 0.9, "GAD-7": 0.9}, answer_logit=0.8, sends_next_day=0.6,
        recall_days=7, spelling=2, quotes_everything=True,
    ),
    Clinic(
        "06", "QIDS-SR16, no PHQ-9; two columns more than asked for", 6.5, date(2021, 2, 1),
        _deliveries("2025-02-28", "2025-06-30"), extension="parquet", small_extension="csv", id_style=("X-", 7),
        forms={"PCL-5": 0.3, "QIDS-SR16": 0.85, "GAD-7": 0.7}, answer_logit=0.3, extra_column="exported_by",
        shuffles_columns=True, code_style="several", clock_style="THH:MM:SS-07:00",
    ),
    Clinic(
        "07", "writes days without times; older and newer export overlap", 6.0, date(2020, 10, 5),
        _deliveries("2025-01-10", "2025-06-10"), writes_times=False, extension="csv.gz", id_style=("", 6),
        forms={"PCL-5": 0.4, "PHQ-9": 0.8}, answer_logit=-0.2, recall_days=None, date_style="us",
        has_updated_at=False, spelling=1,
    ),
    Clinic(
        "08", "typed Parquet, weighs rarely", 5.0, date(2021, 4, 12),
        _deliveries("2025-03-01", "2025-07-01+"), extension="parquet", small_extension="parquet",
        is_native_parquet=True, weighs_each_session=0.12, id_style=("", 6), spelling=1,
        forms={"PCL-5": 0.4, "PHQ-9": 0.85, "GAD-7": 0.15}, clock_style=" HH:MM:SS", dose_step_mg=1,
    ),
    Clinic(
        "09", "documents millilitres of a stated concentration; kg and lb mixed", 4.5, date(2020, 8, 17),
        _deliveries("2025-01-20", "2025-06-25+"), dose_style="mL", weight_unit="mixed", id_style=("pt", 4),
        forms={"PCL-5": 0.45, "PHQ-9": 0.75}, has_byte_order_mark=True, types_by_hand=True, spelling=2,
        extension="csv.gz", code_style="lower",
    ),
    Clinic(
        "10", "totals instead of items for many forms", 4.0, date(2019, 5, 20),
        _deliveries("2024-12-31", "2025-06-30+"), item_level_share=0.35, extension="csv", id_style=("", 6),
        forms={"PCL-5": 0.55, "PHQ-9": 0.9}, answer_logit=-0.3, types_by_hand=True, date_style="us",
        clock_style=" HH:MM", unknown_time_style="midnight", status_blank_share=0.05,
    ),
    Clinic(
        "11", "bolus and drip in two rows; a later system that overwrites", 3.5, date(2021, 9, 6),
        _deliveries("2025-02-14", "2025-04-14+", "2025-06-30+"), bolus_share=0.6, id_style=("", 6),
        forms={"PCL-5": 0.35, "PHQ-9": 0.8, "GAD-7": 0.2}, extension="csv", types_by_hand=True, spelling=1,
        clock_style="THH:MM:SS.000", header_case="upper",
    ),
    Clinic(
        "12", "small, sends few forms", 2.5, date(2021, 1, 11),
        _deliveries("2025-01-05", "2025-06-30+"), answer_logit=-1.2, id_style=("", 6), extension="csv",
        forms={"PCL-5": 0.2, "PHQ-9": 0.5}, types_by_hand=True, line_end="\r\n", absent_tables=("adverse_events",),
        has_updated_at=False,
    ),
    Clinic(
        "13", "small, no scales: dose in mg, hardly a weight", 2.0, date(2022, 3, 7),
        _deliveries("2025-03-31", "2025-06-30+"), weighs_each_session=0.0, weighs_at_intake=0.15, id_style=("", 6),
        forms={"PCL-5": 0.5, "PHQ-9": 0.7}, extension="csv", small_extension="csv.gz", types_by_hand=True,
        spelling=2, code_style="several",
    ),
    Clinic(
        "14", "went live late", 1.6, date(2024, 9, 2),
        _deliveries("2025-03-15", "2025-07-01+"), id_style=("P", 5), extension="csv", types_by_hand=True,
        forms={"PCL-5": 0.7, "PHQ-9": 0.9}, answer_logit=0.5, spelling=1, sends_next_day=0.5,
    ),
    Clinic(
        "15", "veterans' practice: older PTSD forms too", 0.9, date(2020, 2, 3),
        _deliveries("2025-01-31", "2025-06-30"), foreign_forms=True, id_style=("", 6), extension="csv",
        forms={"PCL-5": 0.85, "PHQ-9": 0.8}, answer_logit=0.4, date_style="us", types_by_hand=True,
        weight_unit="ounces", shuffles_columns=True,
    ),
    Clinic(
        "16", "one physician, everything by hand", 0.5, date(2022, 5, 16),
        _deliveries("2024-12-31", "2025-06-30"), id_style=("", 3), extension="csv", types_by_hand=True,
        forms={"PCL-5": 0.3, "PHQ-9": 0.6}, writes_times=False, unknown_time_style="midnight",
        dose_style="mixed", has_updated_at=False, status_blank_share=0.3, spelling=2,
        absent_tables=("medications",), leaves_notes=True,
    ),
)  # fmt: skip


def patients_of_each_clinic(n_patients: int, clinics: tuple[Clinic, ...] = CLINICS) -> list[int]:
    """Share `n_patients` among the clinics by size so that they add up exactly (largest remainders first)."""
    total = sum(clinic.size for clinic in clinics)
    exact = [n_patients * clinic.size / total for clinic in clinics]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(len(clinics)), key=lambda index: (counts[index] - exact[index], index))
    for index in by_remainder[: n_patients - sum(counts)]:
        counts[index] += 1
    return counts
