"""Takes from a resource what the declaration of its table names, and nothing else."""

from collections.abc import Callable, Collection, Iterator

import orjson

from reader.declaration import HAS_TEST_NAME, SCORE_TEXT, Column, Table
from reader.resources.answers import ORDINAL_PATH, answers_of
from reader.resources.paths import Step, ValuesOfSeed, parse_path, reached
from reader.resources.people import has_test_name
from reader.resources.references import normalised_reference
from reader.resources.values import Json, flat, score_text_of, text_of

Row = list[str | bool | None]
"""One value a column: text, or null; has_test_name is a boolean."""

Getter = Callable[[Json], str | bool | None]
"""From what stands under the first key of a column's path to the value of the column."""


class Extractor:
    """The declaration of one table, compiled: which keys of a resource lead to which columns."""

    def __init__(self, table: Table, values_of_seed: ValuesOfSeed, test_names: Collection[str]) -> None:
        self.table = table
        self.names = list(table.delivered_names)
        self.nothing: Row = [None] * len(self.names)
        self._getters: dict[str, list[tuple[int, Getter]]] = {}
        if table.has_test_name:
            self._getters["name"] = [(len(self.names), lambda value: has_test_name(value, test_names))]
            self.names.append(HAS_TEST_NAME)
            self.nothing.append(False)
        columns = (column for column in table.columns if not column.is_reader)
        for position, column in enumerate(columns):
            if column.path is None:
                raise ValueError(f"column {column.name} of {table.identifier} has no path")
            steps = parse_path(column.path, values_of_seed)
            getter = _getter(column, steps, values_of_seed)
            self._getters.setdefault(steps[0].key, []).append((position, getter))

    def row(self, resource: dict[str, Json]) -> Row:
        """The value of every column in `names`."""
        row = self.nothing.copy()
        getters_of = self._getters.get
        for key, value in resource.items():
            for position, getter in getters_of(key, ()):
                row[position] = getter(value)
        return row


def _getter(column: Column, steps: tuple[Step, ...], values_of_seed: ValuesOfSeed) -> Getter:
    match column.kind:
        case "json":
            return _objects_getter(steps, _tree(column.keep))
        case "reference":
            return lambda value: next(_references(value, steps), None)
        case "references":
            return lambda value: _json(list(_references(value, steps)))
        case "answers":
            ordinal_steps = parse_path(ORDINAL_PATH, values_of_seed)
            return lambda value: _json(answers_of(value, ordinal_steps))
        case _:
            return _text_getter(steps, score_text_of if column.kind == SCORE_TEXT else text_of)


def _text_getter(steps: tuple[Step, ...], to_text: Getter) -> Getter:
    """The first text at the end of the path. Where objects alone lie on the way, nothing needs to be looked through."""
    keys = [step.key for step in steps[1:]]
    if not keys and steps[0].condition_key is None:
        return to_text
    is_plain = all(step.condition_key is None for step in steps)

    def text_through_lists(value: Json) -> str | None:
        return next(filter(None, map(to_text, reached(value, steps))), None)

    def text(value: Json) -> str | None:
        start = value
        for key in keys:
            if type(value) is not dict:
                return None if value is None else text_through_lists(start)
            value = value.get(key)
        return to_text(value)

    return text if is_plain else text_through_lists


def _references(value: Json, steps: tuple[Step, ...]) -> Iterator[str]:
    """All references at the end of the path, in one form."""
    for found in reached(value, steps):
        if type(found) is str and (reference := normalised_reference(found.strip())):
            yield reference


def _json(found: list) -> str | None:
    return orjson.dumps(found).decode() if found else None


KeptKeys = dict[str, "KeptKeys | None"]
"""Keys that are kept of an object, in their order; below a key None for a single value, else what is kept of it."""


def _tree(keep: tuple[str, ...]) -> KeptKeys:
    tree: KeptKeys = {}
    for path in keep:
        *outer, last = path.split(".")
        branch = tree
        for key in outer:
            branch = branch.setdefault(key, {})
        branch[last] = None
    return tree


def _objects_getter(steps: tuple[Step, ...], tree: KeptKeys) -> Getter:
    def objects(value: Json) -> str | None:
        return _json([kept for element in reached(value, steps) if (kept := _kept(element, tree))])

    return objects


def _kept(element: Json, tree: KeptKeys) -> dict | None:
    """What is kept of an object; nothing where it is none."""
    if type(element) is not dict:
        return None
    kept = {}
    for key, branch in tree.items():
        value = element.get(key)
        if value is None:
            continue
        if branch is None:
            text = text_of(value)
        elif type(value) is list:
            text = [found for inner in flat(value) if (found := _kept(inner, branch))]
        else:
            text = _kept(value, branch)
        if text:
            kept[key] = text
    return kept
