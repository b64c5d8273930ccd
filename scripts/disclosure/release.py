"""From tabulated counts to those that are released: the part of the work that dbt's models call."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from disclosure.populations import Equation, Lattice, equations
from disclosure.suppression import suppress

RELEASED = pa.schema(
    [
        ("terms", pa.string()),
        ("population", pa.string()),
        ("n_released", pa.int64()),
        ("is_hidden", pa.bool_()),
        ("is_tabulated", pa.bool_()),
        ("n_when_hidden", pa.int64()),
    ]
)

LEDGERS = (("kit.duckdb", "audit"), ("shareable.duckdb", "shareable"))
"""Files of a publication that hold released_cells, and in which schema; the first knows more, see Told."""


class Told(NamedTuple):
    """What publications did with a population.

    count: its number of patients as it was last told, if ever. is_hidden: whether the last publication hid it.
    n_when_hidden: of a hidden one, its number when that began; only the restricted file knows it.
    """

    count: int | None
    is_hidden: bool
    n_when_hidden: int | None = None


Ledger = dict[str, Told]
"""By the name of the population."""


def terms_of(text: str) -> frozenset[str]:
    """The terms of a text such as "received_kit: yes; sex: female"; the empty text is everybody."""
    return frozenset(filter(None, text.split("; ")))


def earlier_release() -> Ledger:
    """The ledger of the publication that stands; empty where there is none.

    A damaged file of it tells nothing: then the other one counts, and after it the publications before. One that is
    being written to is waited for by nobody: duckdb.IOException.
    """
    warehouse = Path(os.environ.get("KIT_WAREHOUSE_DIR", "warehouse"))
    current = warehouse / "current"
    stands = current.resolve().name  # where the link was lost, "current": behind every publication_id
    older = sorted(folder for folder in warehouse.glob("publications/*") if folder.name < stands)
    for folder in (current, *reversed(older)):
        for file, schema in LEDGERS:
            try:
                with duckdb.connect(str(folder / file), read_only=True) as connection:
                    return ledger_of(connection, schema)
            except duckdb.Error as error:
                if "Could not set lock" in str(error):
                    raise
    return {}


def ledger_of(connection: duckdb.DuckDBPyConnection, schema: str) -> Ledger:
    """What released_cells of an open warehouse holds."""
    catalogue = connection.execute("select current_database()").fetchone()[0]
    n_when_hidden = "n_when_hidden" if schema == "audit" else "null"
    query = f'select population, n_released, is_hidden, {n_when_hidden} from "{catalogue}".{schema}.released_cells'
    return {population: Told(*told) for population, *told in connection.execute(query).fetchall()}


def release(
    tabulated: Iterable[tuple[str, int, bool]],
    implications: Iterable[tuple[str, str]],
    earlier: Ledger,
    small: int,
) -> pa.Table:
    """One row per distinct text of terms, and the ledger: one row per population that was ever told or is hidden now.

    tabulated: (terms, count, is_headline) of every cell. implications: (premise, conclusion), each a text of terms.
    earlier: the ledger of the last publication. small: the first count that may be told.
    n_released is null where the count is hidden (in the ledger: where it was never told); is_tabulated is false in the
    ledger, and n_when_hidden is there only.
    ValueError where two cells say different things of one population.
    """
    cells: dict[str, int] = {}
    n_cells: Counter[str] = Counter()
    headlines = set()
    for text, count, is_headline in sorted(tabulated):
        if is_headline:
            headlines.add(text)
        if cells.setdefault(text, count) != count:
            raise ValueError(f"two cells of one population differ: {text}")
        n_cells[text] += 1
    rules = [(terms_of(premise), terms_of(conclusion)) for premise, conclusion in sorted(implications)]
    lattice = Lattice.of([terms_of(text) for text in cells], rules)
    masks = {text: lattice.population(terms_of(text)) for text in cells}
    counts: dict[int, int] = {}
    for text, mask in masks.items():
        expected = 0 if mask is None else counts.setdefault(mask, cells[text])
        if cells[text] != expected:
            raise ValueError(f"two cells of one population differ, or an empty one is counted: {text}")
    earlier = _with_present_names(earlier, lattice)
    told_before = {name: told.count for name, told in earlier.items() if told.count is not None}
    told_last = {name: told.count for name, told in earlier.items() if name in told_before and not told.is_hidden}
    tabulated_last = {mask: told_last[name] for mask in counts if (name := _name(lattice, mask)) in told_last}
    found, known = equations(lattice, counts, small, tabulated_last)
    names = {one: _name(lattice, one) for one in known}
    populations = {name: mask for mask, name in names.items()}
    remembered = _followed(found, {populations[name]: told_last[name] for name in told_last if name in populations})
    remembered |= {populations[name]: count for name, count in told_before.items() if name in populations}
    hidden_before = _still_hidden(
        {
            populations[name]: told.n_when_hidden
            for name, told in earlier.items()
            if told.is_hidden and name in populations
        },
        remembered,
        known,
        small,
    )
    worth: dict[int, tuple[bool, int]] = {}
    for text, mask in masks.items():
        if mask is not None:
            is_headline, shown = worth.get(mask, (False, 0))
            worth[mask] = (is_headline or text in headlines, shown + n_cells[text])
    hidden, visible = suppress(found, known, worth, remembered, small, hidden_before)
    rows = [
        (text, names.get(mask, "nobody"), None if mask in hidden else cells[text], mask in hidden, True, None)
        for text, mask in sorted(masks.items())
    ]
    # What a reader can compute is released as well, and so is what an earlier publication told.
    told = told_before | {names[mask]: count for mask, count in visible.items() if mask in names}
    since = {names[mask]: hidden_before.get(mask, known[mask]) for mask in hidden}
    rows += [
        ("", name, told.get(name), name in since, False, since.get(name)) for name in sorted(told.keys() | since.keys())
    ]
    return pa.Table.from_arrays([pa.array(column) for column in zip(*rows, strict=True)], schema=RELEASED)


def _followed(found: list[Equation], told: dict[Hashable, int]) -> dict[Hashable, int]:
    """What the last publication told, and what follows from it by adding and subtracting."""
    known = dict(told)
    pending = found
    while pending:
        still_pending, n_known = [], len(known)
        for equation in pending:
            missing = [one for one in (equation.whole, *equation.parts) if one not in known]
            if len(missing) > 1:
                still_pending.append(equation)
            elif missing == [equation.whole]:
                known[equation.whole] = sum(known[part] for part in equation.parts)
            elif missing:
                known[missing[0]] = known[equation.whole] - sum(
                    known[part] for part in equation.parts if part != missing[0]
                )
        pending = still_pending if len(known) > n_known else []
    return known


def _still_hidden(
    hidden: dict[Hashable, int | None], remembered: dict[Hashable, int], known: dict[Hashable, int], small: int
) -> dict[Hashable, int]:
    """What the last publication hid and this one must hide again, each with its number when that began.

    Told now, a number that has not moved would tell the other hidden ones of the last publication, of which a reader
    knows the sum. Where the number of that time is not known, those stay hidden whose network has not moved at all.
    """
    is_same_network = all(known[one] == count for one, count in remembered.items() if one not in hidden)
    return {
        one: known[one] if then is None else then
        for one, then in hidden.items()
        if (is_same_network if then is None else abs(known[one] - then) < small)
    }


def _with_present_names(earlier: Ledger, lattice: Lattice) -> Ledger:
    """The ledger with populations called as they are now: changed seeds may bring terms that others imply.

    What speaks of terms that are no more keeps its name: nothing that is tabulated now can be compared with it.
    """
    return {_present_name(name, lattice): told for name, told in sorted(earlier.items())}


def _present_name(name: str, lattice: Lattice) -> str:
    sides = [terms_of(side) for side in name.split(" / ")]
    if any(term not in lattice.bits for side in sides for term in side):
        return name
    whole, *others = (lattice.population(side) for side in sides)
    if whole is None or None in others:
        return name
    return _name(lattice, (whole, *sorted(others)) if others else whole)


def _name(lattice: Lattice, population: Hashable) -> str:
    """The terms of a population; of a remainder, those of the whole and of the parts that are taken away or left."""
    if isinstance(population, int):
        return lattice.text(population)
    whole, *others = population
    return " / ".join([lattice.text(whole), *(lattice.text(one) for one in others)])
