"""Step 6: facts become the columns of the flat tables, in the clinic's own writing: what all tables share.

Each table has a list of facts (numpy columns) and a function that writes them. Common columns of the facts:
id, suffix (of the key), person, chart (the patient number written down), available (the day from which an export holds
the record), updated (minute of the last change, MISSING: not written) and role.
"""

import numpy as np
import pyarrow as pa

from synthesis.people import category
from synthesis.rows import MISSING, Rows

# what becomes of a record, by intention
ACCEPTED, SUPERSEDED, DUPLICATE, RETRACTED, QUARANTINED = range(5)
ROLES = ("accepted", "superseded", "duplicate", "retracted", "quarantined")

STATUSES = ("completed", "stopped", "in-progress", "", "not-done", "on-hold", "entered-in-error", "void", "amended",
            "sent", "expired", "active", "inactive")  # fmt: skip
Columns = dict[str, pa.Array]


def status(name: str) -> int:
    """Code of a status in the facts."""
    return STATUSES.index(name)


def chart_of(people: Rows, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The patient number under which something that happened on `day` was written down."""
    switch, old, number = (people[name][person] for name in ("switch_day", "old_number", "number"))
    oldest = old - (people["n_old_charts"][person] > 1) * (day < switch - 12)
    return np.where((switch != MISSING) & (day < switch), oldest, number)


def encounter_of(facts: Rows, day: np.ndarray) -> np.ndarray:
    """Number of the visit of a chart on `day`; MISSING where the record belongs to no session."""
    return np.where(facts["session"] >= 0, facts["chart"] * 10_000 + day - 17_000, MISSING)


def common(people: Rows, person: np.ndarray, day: np.ndarray, first_id: int) -> Rows:
    n = len(person)
    is_test = people["category"][person] == category("test")
    return {
        "id": first_id + np.arange(n),
        "suffix": np.zeros(n, dtype=np.int64),
        "person": person,
        "chart": chart_of(people, person, day),
        "available": day,
        "role": np.where(is_test, RETRACTED, ACCEPTED),
    }
