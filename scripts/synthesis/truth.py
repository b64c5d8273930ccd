"""Step 9: the truth beside the deliveries: what happened, and what ought to become of each special record.

Written as <out>/truth/*.parquet. Readers of deliveries ignore this folder; only tests look into it.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synthesis.diagnoses import CONDITIONS
from synthesis.instruments import NAMES, SCORED
from synthesis.people import CATEGORIES, ETHNICITIES, RACES, SEXES, Chunk, category
from synthesis.questionnaires import COMPLETED
from synthesis.records import ACCEPTED
from synthesis.rows import MISSING, Rows, count, is_last_in_group
from synthesis.spellings import ZIP_CODES
from synthesis.text import Pen, pick


def _days(values: np.ndarray) -> pa.Array:
    """Days since 1970 as dates; MISSING as null."""
    missing = values == MISSING
    return pa.array(np.where(missing, 0, values).astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())


def _whole(values: np.ndarray) -> pa.Array:
    missing = values == MISSING
    return pa.array(np.where(missing, 0, values), pa.int64(), mask=missing)


def _number(values: np.ndarray) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))


class TruthFiles:
    """The truth of the whole network, appended to chunk by chunk."""

    def __init__(self, folder: Path, names_formats: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.names_formats = names_formats  # whether the accounts of files say which format a file is in
        self.writers: dict[str, pq.ParquetWriter] = {}

    def append(self, name: str, columns: dict[str, pa.Array], format_name: str | None = None) -> None:
        """Append rows to one of the tables; format_name: of the files that they are about."""
        table = pa.table(columns)
        if self.names_formats and format_name:
            table = table.append_column("format", pa.array([format_name] * table.num_rows, pa.string()))
        if name not in self.writers:
            path = self.folder / f"{name}.parquet"
            self.writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=3)
        if table.num_rows:
            self.writers[name].write_table(table)

    def close(self) -> None:
        """Finish all files."""
        for writer in self.writers.values():
            writer.close()


def _site(chunk: Chunk, n: int) -> pa.Array:
    return pick([chunk.clinic.site_id], np.zeros(n, dtype=np.int64))


def patients_truth(chunk: Chunk, people: Rows, sessions: Rows, others: Rows, pen: Pen) -> dict[str, pa.Array]:
    """One row per person (their surviving chart), test patients included (is_test)."""
    n = count(people)
    n_sessions = np.bincount(sessions["person"], minlength=n)
    index_day = np.full(n, MISSING)
    first = sessions["number"] == 1
    index_day[sessions["person"][first]] = sessions["day"][first]
    other = np.bincount(others["person"][others["kind"] == 0], minlength=n)
    columns = {
        "site_id": _site(chunk, n),
        "patient_id": pen.identifier(people["number"]),
        "category": pick(list(CATEGORIES), people["category"]),
        "is_eligible_for_ptsd_kit": pa.array(people["category"] == category("ptsd")),
        "is_test": pa.array(people["category"] == category("test")),
        "birth_date": _days(people["birth_day"]),
        "sex": pick(list(SEXES), people["sex"]),
        "race": pick(list(RACES), people["race"]),
        "ethnicity": pick(list(ETHNICITIES), people["ethnicity"]),
        "zip_code": pick([*ZIP_CODES, None], people["zip"]),
        "deceased_on": _days(people["death_day"]),
        "index_date": _days(index_day),
        "n_sessions": _whole(n_sessions),
        "other_ketamine_exposure": _whole(other),
    }
    for condition in CONDITIONS:
        first_day = people[f"first_{condition}"]
        has = (first_day != MISSING) & ((index_day == MISSING) | (first_day <= index_day))
        columns[f"{condition}_first_on"] = _days(first_day)
        columns[f"has_{condition}"] = pa.array(has)
    for trait in ("ptsd_severity", "mood_severity", "ptsd_response", "mood_response"):
        columns[trait] = pa.array(people[trait])
    return columns


def charts_truth(chunk: Chunk, people: Rows, pen: Pen) -> dict[str, pa.Array]:
    """One row per chart that was merged away: the chart that survives it."""
    steps = [(step, people["n_old_charts"] > step) for step in (0, 1)]
    old = np.concatenate([people["old_number"][chosen] - step for step, chosen in steps])
    survivor = np.concatenate([people["number"][chosen] for _, chosen in steps])
    return {
        "site_id": _site(chunk, len(old)),
        "patient_id": pen.identifier(old),
        "surviving_patient_id": pen.identifier(survivor),
    }


def sessions_truth(chunk: Chunk, people: Rows, sessions: Rows, pen: Pen) -> dict[str, pa.Array]:
    """One row per infusion session of a real person; doses as they are documented (null: cannot be known)."""
    real = people["category"][sessions["person"]] != category("test")
    sessions = {name: values[real] for name, values in sessions.items()}
    first = np.zeros(count(people), dtype=np.int64)
    is_first = sessions["number"] == 1
    first[sessions["person"][is_first]] = sessions["day"][is_first]
    age = np.where(sessions["weighed_day"] == MISSING, MISSING, sessions["day"] - sessions["weighed_day"])
    return {
        "site_id": _site(chunk, count(sessions)),
        "patient_id": pen.identifier(people["number"][sessions["person"]]),
        "course_number": _whole(sessions["course"]),
        "infusion_number": _whole(sessions["infusion"]),
        "session_number": _whole(sessions["number"]),
        "session_date": _days(sessions["day"]),
        "day": _whole(sessions["day"] - first[sessions["person"]]),
        "gap_days": _whole(np.where(sessions["number"] == 1, MISSING, sessions["gap"])),
        "is_time_known": pa.array(sessions["is_time_known"]),
        "dose_mg": _number(sessions["dose_mg"]),
        "dose_mg_per_kg": _number(sessions["mg_per_kg"]),
        "is_dose_intact": pa.array(sessions["is_dose_intact"]),
        "planned_mg_per_kg": _number(sessions["planned_mg_per_kg"]),
        "weight_kg": _number(sessions["weight_kg"]),
        "weight_age_days": _whole(age),
        "duration_minutes": _whole(np.where(sessions["is_end_known"], sessions["minutes"], MISSING)),
        "max_systolic_bp": _whole(sessions["max_systolic"]),
        "n_adverse_events": _whole(sessions["n_adverse_events"]),
        "n_parts": _whole(sessions["n_parts"]),
    }


def courses_truth(sessions: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """One row per course: how many sessions, from when to when (from the rows of `sessions_truth`, in their order)."""
    infusion = sessions["infusion_number"].to_numpy()
    first = np.flatnonzero(infusion == 1)
    last = np.r_[first[1:], len(infusion)] - 1 if len(first) else first
    return {
        "site_id": sessions["site_id"].take(pa.array(first)),
        "patient_id": sessions["patient_id"].take(pa.array(first)),
        "course_number": sessions["course_number"].take(pa.array(first)),
        "n_infusions": pa.array(infusion[last]),
        "first_date": sessions["session_date"].take(pa.array(first)),
        "last_date": sessions["session_date"].take(pa.array(last)),
    }


def forms_truth(chunk: Chunk, people: Rows, sessions: Rows, forms: Rows, pen: Pen) -> dict[str, pa.Array]:
    """One row per form of a real person that arrives as its own form (no second copies, nothing taken back).

    follows_session: how many sessions had taken place when it was answered (null: not completed). is_baseline: the
    last form with a score in the 30 days before the first session. after_infusion: k where it is the last form with a
    score after the k-th infusion of the first course, before the next session and within 30 days; else null.
    """
    keep = np.flatnonzero(forms["role"] == ACCEPTED)
    forms = {name: values[keep] for name, values in forms.items()}
    n, person = count(forms), forms["person"]
    done = forms["progress"] == COMPLETED
    scored = np.isin(forms["instrument"], [NAMES.index(name) for name in SCORED])
    valid = done & forms["is_complete"] & scored
    index_day = np.full(count(people), MISSING)
    first = sessions["number"] == 1
    index_day[sessions["person"][first]] = sessions["day"][first]
    index = index_day[person]
    treated = index != MISSING

    def newest(chosen: np.ndarray, *within: np.ndarray) -> np.ndarray:
        """Of the chosen forms, whether a form is the last one within its group."""
        rows = np.flatnonzero(chosen)
        rows = rows[np.lexsort((forms["completed"][rows], *(group[rows] for group in within)))]
        key = np.zeros(len(rows), dtype=np.int64)
        for group in within:
            key = key * 100_003 + group[rows]
        result = np.zeros(n, dtype=bool)
        result[rows[is_last_in_group(key)]] = True
        return result

    before = valid & treated & (forms["number"] == 0) & (index - forms["day"] <= 30)
    is_baseline = newest(before, forms["instrument"], person)
    after = valid & (forms["number"] > 0) & (forms["day"] - forms["session_day"] <= 30) & (forms["course"] == 1)
    is_after = newest(after, forms["infusion"], forms["instrument"], person)
    is_last = newest(is_after, forms["instrument"], person)
    score = np.where(forms["reported_total"] != MISSING, forms["reported_total"], forms["total"])
    score = np.where(forms["has_items"], forms["total"], score)
    return {
        "site_id": _site(chunk, n),
        "assessment_id": pen.identifier(forms["id"], letter="F"),
        "patient_id": pen.identifier(people["number"][person]),
        "instrument": pick(list(NAMES), forms["instrument"]),
        "progress": pick(["sent", "started", "completed"], forms["progress"]),
        "answered_on": _days(np.where(done, forms["day"], MISSING)),
        "day": _whole(np.where(done & treated, forms["day"] - index, MISSING)),
        "is_time_known": pa.array(forms["is_time_known"]),
        "score": _whole(np.where(done & forms["is_complete"] & scored, score, MISSING)),
        "n_items_answered": _whole(forms["n_answered"]),
        "is_valid": pa.array(valid),
        "is_total_mismatch": pa.array(forms["is_mismatch"]),
        "follows_session": _whole(np.where(done, forms["number"], MISSING)),
        "is_baseline": pa.array(is_baseline),
        "after_infusion": _whole(np.where(is_after, forms["infusion"], MISSING)),
        "is_last_observed": pa.array(is_last),
    }


def accounts_truth(site_id: str, accounts: list[dict]) -> dict[str, pa.Array]:
    """One row per delivered file: how many records of which fate it holds."""
    names = list(accounts[0]) if accounts else []
    columns = {"site_id": pa.array([site_id] * len(accounts))}
    return columns | {name: pa.array([account[name] for account in accounts]) for name in names}


def sites_truth(site_id: str) -> dict[str, pa.Array]:
    """One row per clinic and format that it delivers in (the format is added); only where there is a choice."""
    return {"site_id": pa.array([site_id])}


def fates_truth(site_id: str, fates: list[Rows]) -> dict[str, pa.Array]:
    """One row per delivered record that is not simply accepted: where it lies, its fate, reason and story."""
    columns = {name: pa.array(np.concatenate([part[name] for part in fates])) for name in fates[0]}
    n = len(columns["fate"])
    return {"site_id": pick([site_id], np.zeros(n, dtype=np.int64))} | columns
