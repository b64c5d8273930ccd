"""The accounting tables: what became of every record of every file."""

from collections import Counter

from tests.integration.oracle import aliases
from tests.integration.oracle.fates import place_of
from tests.integration.oracle.reading import Deliveries, Record
from tests.integration.oracle.tables import ALIASED_COLUMNS, TABLES

FATES = ("accepted", "superseded", "duplicate", "retracted", "quarantined")


def row_accounting(found: Deliveries) -> dict[tuple, dict]:
    """Every readable file, how many records it held and what became of them."""
    counts: dict[tuple, Counter] = {}
    for record in found.records:
        if record.is_part:
            continue
        counts.setdefault((record.site_id, record.delivered_on, record.file), Counter())[record.fate] += 1
    rows = {}
    for *place, table in found.files:
        count = counts.get(tuple(place), Counter())
        rows[tuple(place)] = {
            "table_name": table,
            "records_read": sum(count.values()),
            **{fate: count[fate] for fate in FATES},
            "is_balanced": True,
        }
    return rows


def quarantine(found: Deliveries) -> dict[tuple, dict]:
    """Every quarantined record with its one reason; a malformed or restricted one has no raw record.

    A line that cannot be read is told as one of the table that its file mainly brings.
    """
    tables = {tuple(place): table for *place, table in found.files}
    return {
        place_of(record): {
            "table_name": tables.get(place_of(record)[:3], record.table)
            if record.reason == "malformed"
            else record.table,
            "reason": record.reason,
            "has_raw_record": not record.reason.startswith(("malformed", "restricted:")),
        }
        for record in found.records
        if record.fate == "quarantined" and not record.is_part
    }


def refused_files(found: Deliveries) -> dict[tuple, dict]:
    """Every refused file with its reason."""
    return {place: {"table_name": table, "reason": reason} for place, (table, reason) in found.refused.items()}


def ignored_inputs(found: Deliveries) -> dict[tuple, dict]:
    """Ignored files and columns inside well-formed delivery folders; column names in lower case."""
    return {(*place, None): {} for place in found.ignored_files} | {place: {} for place in found.ignored_columns}


def is_listed(record: Record, column: str) -> bool:
    """Whether an unmapped value of this record is listed: not of quarantined records, but a weight's unit always."""
    if record.fate != "quarantined":
        return True
    vital = aliases.normalised(record.text.get("vital") or "")
    return column == "unit" and record.table == "vitals" and aliases.ALIASES["vital"].get(vital) == "weight"


def unmapped_values(found: Deliveries) -> dict[tuple, dict]:
    """Every value without an alias, how often, and in which deliveries first and last."""
    days: dict[tuple, list] = {}
    for record in found.records:
        for column in TABLES[record.table].columns if record.table in TABLES else ():
            text = record.text.get(column.name)
            if column.name not in ALIASED_COLUMNS or text is None or not is_listed(record, column.name):
                continue
            if aliases.normalised(text) not in aliases.ALIASES[column.name]:
                days.setdefault((record.site_id, record.table, column.name, text), []).append(record.delivered_on)
    return {
        key: {"n_records": len(found_on), "first_seen_on": min(found_on), "last_seen_on": max(found_on)}
        for key, found_on in days.items()
    }
