"""Takes from a resource what the declaration of its table names, and nothing else."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

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
"""From what stands at the end of a path, or the list of all that stands there, to the value of a column."""

Filler = Callable[[Row, Json], None]
"""Puts what is wanted of a value into a row."""

MOST_OBJECTS, LONGEST_OBJECTS = 200, 1 << 16
"""So many objects a list may have, and so many characters what is kept of them. The models set the whole text of a list
beside each of its objects: a very long one would fill the memory."""


class TooLongListError(Exception):
    """A list of codings, components or contained resources beyond what any real record has."""


class Extractor:
    """The declaration of one table, compiled: which keys of a resource lead to which columns."""

    def __init__(self, table: Table, values_of_seed: ValuesOfSeed, test_names: Collection[str]) -> None:
        self.table = table
        self.names = list(table.delivered_names)
        self.nothing: Row = [None] * len(self.names)
        targets = []
        for position, column in enumerate(column for column in table.columns if not column.is_reader):
            if column.path is None:
                raise ValueError(f"column {column.name} of {table.identifier} has no path")
            steps = parse_path(column.path, values_of_seed)
            targets.append(_Target(position, steps, _getter(column, values_of_seed)))
        if table.has_test_name:
            steps = parse_path("name", values_of_seed)
            targets.append(_Target(len(self.names), steps, lambda names: has_test_name(names, test_names)))
            self.names.append(HAS_TEST_NAME)
            self.nothing.append(False)
        self._fillers = _fillers(targets)

    def row(self, resource: dict[str, Json]) -> Row:
        """The value of every column in `names`. Raises TooLongListError."""
        row = self.nothing.copy()
        filler_of = self._fillers.get
        for key, value in resource.items():
            if (filler := filler_of(key)) is not None and value is not None:
                filler(row, value)
        return row


@dataclass(frozen=True)
class _Target:
    """A column on the way to its value. steps: the rest of its path."""

    position: int
    steps: tuple[Step, ...]
    getter: Getter


def _fillers(targets: list[_Target]) -> dict[str, Filler]:
    """By the first keys of the paths, what to do with what stands there."""
    by_key: dict[str, list[_Target]] = {}
    for target in targets:
        by_key.setdefault(target.steps[0].key, []).append(target)
    return {key: _filler(targets) for key, targets in by_key.items()}


def _filler(targets: list[_Target]) -> Filler:
    """For targets whose paths begin with one key: walks on through an object, and looks through a list."""
    is_simple = all(len(target.steps) == 1 and not target.steps[0].condition_key for target in targets)
    if is_simple and len(targets) == 1:
        position, getter = targets[0].position, targets[0].getter

        def fill_one(row: Row, value: Json) -> None:
            row[position] = getter(value)

        return fill_one

    through_objects = [target for target in targets if len(target.steps) > 1 and not target.steps[0].condition_key]
    inner_fillers = [*_fillers([replace(target, steps=target.steps[1:]) for target in through_objects]).items()]
    others = [target for target in targets if target not in through_objects]

    def fill(row: Row, value: Json) -> None:
        if type(value) is dict:
            for key, filler in inner_fillers:
                inner = value.get(key)
                if inner is not None:
                    filler(row, inner)
            through_lists = others
        else:
            through_lists = targets
        for target in through_lists:
            row[target.position] = target.getter(reached(value, target.steps))

    return fill


def _getter(column: Column, values_of_seed: ValuesOfSeed) -> Getter:
    match column.kind:
        case "json":
            return _objects_getter(_tree(column.keep))
        case "reference":
            return _reference
        case "references":
            return lambda found: _json([text for one in flat(found) if (text := _reference(one))])
        case "answers":
            ordinal_steps = parse_path(ORDINAL_PATH, values_of_seed)
            return lambda found: _json(answers_of(found, ordinal_steps))
        case _:
            return score_text_of if column.kind == SCORE_TEXT else text_of


def _reference(found: Json) -> str | None:
    """The first reference, in the one form."""
    if type(found) is str:
        return normalised_reference(found)
    return next(filter(None, map(_reference, flat(found))), None) if type(found) is list else None


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


def _objects_getter(tree: KeptKeys) -> Getter:
    """JSON list of objects, with what is kept of each; objects of which nothing is kept are left out."""

    def json_of(found: list) -> str | None:
        objects = [kept for element in flat(found) if (kept := _kept(element, tree))]
        text = _json(objects)
        if text is not None and (len(objects) > MOST_OBJECTS or len(text) > LONGEST_OBJECTS):
            raise TooLongListError
        return text

    return json_of


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
            inner = text_of(value)
        elif type(value) is list:
            inner = [found for one in flat(value) if (found := _kept(one, branch))]
        else:
            inner = _kept(value, branch)
        if inner:
            kept[key] = inner
    return kept
