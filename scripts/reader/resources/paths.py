"""Paths into a resource, such as `link[type=replaced-by].other.reference`."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from reader.resources.values import Json, flat

_STEP = re.compile(r"([A-Za-z_]+)(?:\[([A-Za-z_]+)=([^\]]+)\])?")
_DOT_OUTSIDE_BRACKETS = re.compile(r"\.(?![^\[]*\])")

ValuesOfSeed = Callable[[str, str], Collection[str]]
"""(name of a seed, name of its column) -> the values there."""


@dataclass(frozen=True)
class Step:
    """One key of a path. Where it has a condition, only objects count whose `condition_key` is one of `accepted`."""

    key: str
    condition_key: str | None = None
    accepted: frozenset[str] = frozenset()

    def objects(self, value: Json) -> list[Json]:
        """Of what stands under the key, lists looked through, all that fulfils the condition."""
        if self.condition_key is None:
            return flat(value)
        return [
            element
            for element in flat(value)
            if type(element) is dict
            and type(found := element.get(self.condition_key)) is str
            and found in self.accepted
        ]


def parse_path(path: str, values_of_seed: ValuesOfSeed) -> tuple[Step, ...]:
    """The steps of a path; `[key=@seed]` accepts all values that the seed has in its column `key`.

    Raises ValueError where it is no path.
    """
    return tuple(_step(part.strip(), values_of_seed) for part in _DOT_OUTSIDE_BRACKETS.split(path))


def reached(value: Json, steps: tuple[Step, ...]) -> list[Json]:
    """All values at the end of the path, in the order of the document. value: what stands under its first key."""
    found = steps[0].objects(value)
    for step in steps[1:]:
        found = [
            child
            for element in found
            if type(element) is dict and step.key in element
            for child in step.objects(element[step.key])
        ]
    return found


def _step(part: str, values_of_seed: ValuesOfSeed) -> Step:
    parsed = _STEP.fullmatch(part)
    if parsed is None:
        raise ValueError(f"this is no step of a path into a resource: {part}")
    key, condition_key, value = parsed.groups()
    if condition_key is None:
        return Step(key)
    accepted = values_of_seed(value[1:], condition_key) if value.startswith("@") else [value]
    return Step(key, condition_key, frozenset(accepted))
