"""From tabulated counts to those that are released: the part of the work that dbt's models call."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable
from pathlib import Path

import duckdb
import pyarrow as pa

from disclosure.populations import Lattice, equations
from disclosure.suppression import suppress

RELEASED = pa.schema(
    [("terms", pa.string()), ("population", pa.string()), ("n_released", pa.int64()), ("is_tabulated", pa.bool_())]
)


def terms_of(text: str) -> frozenset[str]:
    """The terms of a text such as "received_kit: yes; sex: female"; the empty text is everybody."""
    return frozenset(filter(None, text.split("; ")))


def earlier_release() -> dict[str, int]:
    """The last released count of each population, from the publication that stands; empty where there is none.

    A damaged shareable.duckdb tells nothing; one that is being written to is waited for by nobody: duckdb.IOException.
    """
    path = Path(os.environ.get("KIT_WAREHOUSE_DIR", "warehouse")) / "current" / "shareable.duckdb"
    if not path.is_file():
        return {}
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            catalogue = connection.execute("select current_database()").fetchone()[0]
            query = f'select population, n_released from "{catalogue}".shareable.released_cells'
            return dict(connection.execute(query).fetchall())
    except duckdb.Error as error:
        if "lock" in str(error):
            raise
        return {}


def release(
    tabulated: Iterable[tuple[str, int, bool]],
    implications: Iterable[tuple[str, str]],
    earlier: dict[str, int],
    small: int,
) -> pa.Table:
    """One row per distinct text of terms, and one per population that only an earlier release told.

    tabulated: (terms, count, is_headline) of every cell. implications: (premise, conclusion), each a text of terms.
    earlier: last released count of each population. small: the first count that may be told.
    n_released is null where the count is hidden; is_tabulated is false for what this publication does not tell itself.
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
    found, known = equations(lattice, counts, small)
    names = {one: _name(lattice, one) for one in known}
    populations = {name: mask for mask, name in names.items()}
    remembered = {populations[name]: count for name, count in earlier.items() if name in populations}
    worth: dict[int, tuple[bool, int]] = {}
    for text, mask in masks.items():
        if mask is not None:
            is_headline, shown = worth.get(mask, (False, 0))
            worth[mask] = (is_headline or text in headlines, shown + n_cells[text])
    hidden, visible = suppress(found, known, worth, remembered, small)
    rows = [
        (text, names.get(mask, "nobody"), None if mask in hidden else cells[text], True)
        for text, mask in sorted(masks.items())
    ]
    # What a reader can compute is released as well, and so is what an earlier publication told.
    told = earlier | {names[mask]: count for mask, count in visible.items() if mask in names}
    rows += [("", name, count, False) for name, count in sorted(told.items())]
    return pa.Table.from_arrays([pa.array(column) for column in zip(*rows, strict=True)], schema=RELEASED)


def _name(lattice: Lattice, population: Hashable) -> str:
    """The terms of a population; of a remainder, those of the whole and of the parts that are taken away or left."""
    if isinstance(population, int):
        return lattice.text(population)
    whole, *others = population
    return " / ".join([lattice.text(whole), *(lattice.text(one) for one in others)])
