"""Which counts are hidden: the small ones, and as many others as it takes that none of them follows.

Primary: counts of 1 to `small` - 1, and those that differ by so little from what was released before. Complementary:
where a reader who knows all equations between the tables could narrow a hidden count to fewer than `small` values, or
learn that a remainder is small, further counts are hidden until linear programming can no longer do it
(Fischetti and Salazar 2001, doi 10.1287/mnsc.47.7.1008.9805, state the problem; this is a heuristic for it, audited).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array

from disclosure.populations import Equation
from disclosure.programmes import LinearProgramme

TOLERANCE = 1e-6
BATCHES = 12  # programmes that stretch many counts at once, before each remaining one has its own
FAR = 6  # in units of `small`: how far above the truth a possible count is looked for

TOO_SMALL = 0.5  # where more than half of the counts that are not zero are small, only zeros are told
WEAK_AT_ONCE = 20  # what is hidden for these often protects the others too


@dataclass
class Suppression:
    """The state of the search: who is hidden, and what a reader knows.

    counts: of all populations, tabulated or not. tabulated: those with cells, each with its worth: whether it is a
    headline, and the number of its cells.
    released: what a reader remembers of earlier publications. possible: the lowest and the highest count that a reader
    was found unable to exclude; the more is hidden, the more is possible, so they stay true.
    """

    equations: list[Equation]
    counts: Mapping[Hashable, int]
    tabulated: Mapping[Hashable, tuple[bool, int]]
    released: Mapping[Hashable, int]
    small: int
    hidden: set[Hashable] = field(default_factory=set)
    pinned: set[Hashable] = field(default_factory=set)
    possible: dict[Hashable, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.of_population: dict[Hashable, list[int]] = {}
        for number, equation in enumerate(self.equations):
            for member in (equation.whole, *equation.parts):
                self.of_population.setdefault(member, []).append(number)

    def members(self, number: int) -> tuple[Hashable, ...]:
        """All populations of an equation."""
        equation = self.equations[number]
        return (equation.whole, *equation.parts)

    def is_sensitive(self, population: Hashable) -> bool:
        """True where a reader must not learn the count: it is small, or moved by little since the last release."""
        count, before = self.counts[population], self.released.get(population)
        moved = abs(count - before) if before is not None else 0
        return 0 < count < self.small or 0 < moved < self.small

    def is_hideable(self, population: Hashable) -> bool:
        """True for a visible cell that may be hidden: nobody hides a zero, or what everybody knows already."""
        return (
            population in self.tabulated
            and population not in self.hidden
            and population not in self.pinned
            and self.counts[population] > 0
        )

    def cost(self, population: Hashable) -> tuple:
        """What hangs together with little else goes first, what few cells show, and what nobody was told before."""
        is_headline, n_cells = self.tabulated[population]
        return (
            is_headline,
            len(self.of_population[population]),
            n_cells,
            population in self.released,
            self.counts[population],
            str(population),
        )


def suppress(
    equations: list[Equation],
    counts: Mapping[Hashable, int],
    tabulated: Mapping[Hashable, tuple[bool, int]],
    released: Mapping[Hashable, int],
    small: int,
    hidden_before: Collection[Hashable] = (),
) -> tuple[set[Hashable], dict[Hashable, int]]:
    """The tabulated populations to hide, and every count that a reader knows afterwards.

    small: the first count that may be told (11 by the CMS policy). hidden_before: what the last publication hid and
    must stay hidden. Identical input gives an identical answer, and so does the same network after it was
    published: two different views of one network would add up.
    """
    state = Suppression(equations, counts, tabulated, released, small)
    state.hidden = {one for one in tabulated if state.is_sensitive(one)}
    state.pinned = {one for one in released if released[one] == counts.get(one)} - state.hidden
    is_too_small = len(state.hidden) > TOO_SMALL * sum(1 for one in tabulated if counts[one] > 0)
    state.hidden |= {one for one in (tabulated if is_too_small else hidden_before) if state.is_hideable(one)}
    while True:
        n_hidden = len(state.hidden)
        known = _propagate(state)
        if len(state.hidden) > n_hidden:
            continue
        weak = _narrowed(state, known)
        if not weak:
            return state.hidden, known
        before = set(state.hidden)
        for population, candidates in weak:
            if not candidates & (state.hidden - before):  # else it is asked again after what protects its neighbour
                _hide_one(state, candidates, population)


def _hide_one(state: Suppression, candidates: set[Hashable], population: Hashable) -> None:
    """Hide the cheapest of the candidates; where there is none, all around it; then what earlier releases told."""
    eligible = [one for one in candidates if state.is_hideable(one)]
    if eligible:
        state.hidden.add(min(eligible, key=state.cost))
        return
    if any(one in state.hidden for one in candidates):
        return  # another weak population of this round has brought it about
    around = {one for one in _connected(state, population) if state.is_hideable(one)}
    if not around:
        around = {one for one in state.pinned if state.counts[one] > 0}
        state.pinned.clear()
    if not around:
        raise RuntimeError("a count cannot be protected although every other one is hidden")
    state.hidden |= around


def _connected(state: Suppression, population: Hashable) -> set[Hashable]:
    """All populations that share a chain of equations with one."""
    found, pending = {population}, [population]
    while pending:
        for number in state.of_population.get(pending.pop(), ()):
            for member in state.members(number):
                if member not in found:
                    found.add(member)
                    pending.append(member)
    return found


def _propagate(state: Suppression) -> dict[Hashable, int]:
    """What a reader knows by adding and subtracting. Hides further cells where that is too much: then ask again.

    A whole of zero has parts of zero. Each derived count remembers the cells that it came from.
    """
    before = set(state.hidden)
    known = {one: state.counts[one] for one in state.tabulated if one not in state.hidden}
    known |= {one: state.counts[one] for one in state.pinned}
    support: dict[Hashable, frozenset[Hashable]] = {one: frozenset([one]) for one in known}
    pending = list(range(len(state.equations)))
    queued = set(pending)
    while pending:
        number = pending.pop()
        queued.discard(number)
        members = state.members(number)
        unknown = [one for one in members if one not in known]
        whole = members[0]
        if not unknown or (len(unknown) > 1 and known.get(whole) != 0):
            continue
        sources = frozenset().union(*(support[one] for one in members if one in known))
        for one in unknown:
            if state.is_sensitive(one) or one in state.hidden:
                if not any(source in state.hidden and source not in before for source in sources):
                    _hide_one(state, set(sources), one)
                continue
            known[one] = state.counts[one]
            support[one] = sources
            for other in state.of_population[one]:
                if other not in queued:
                    queued.add(other)
                    pending.append(other)
    return known


def _narrowed(state: Suppression, known: Mapping[Hashable, int]) -> list[tuple[Hashable, set[Hashable]]]:
    """Populations that a linear programme narrows too far, each with the visible cells that bind it."""
    unknown = sorted(
        {one for equation in state.equations for one in (equation.whole, *equation.parts)} - known.keys(), key=str
    )
    weak = []
    for group in _components(state, unknown):
        targets = [one for one in group if one in state.hidden or state.is_sensitive(one)]
        if targets:
            weak += _Reader(state, known, group).narrows(targets)
    return weak


def _components(state: Suppression, unknown: list[Hashable]) -> list[list[Hashable]]:
    """Groups of unknown populations that equations tie together."""
    wanted, groups, seen = set(unknown), [], set()
    for start in unknown:
        if start in seen:
            continue
        group, pending = [], [start]
        seen.add(start)
        while pending:
            one = pending.pop()
            group.append(one)
            for number in state.of_population[one]:
                for member in state.members(number):
                    if member in wanted and member not in seen:
                        seen.add(member)
                        pending.append(member)
        groups.append(sorted(group, key=str))
    return groups


class _Reader:
    """A reader who knows the visible counts and all equations, and solves linear programmes for the others."""

    def __init__(self, state: Suppression, known: Mapping[Hashable, int], group: list[Hashable]) -> None:
        self.state, self.group = state, group
        self.column = {one: index for index, one in enumerate(group)}
        self.numbers = sorted({number for one in group for number in state.of_population[one]})
        rows, columns, signs, right = [], [], [], []
        for row, number in enumerate(self.numbers):
            equation = state.equations[number]
            constant = 0
            for member, sign in ((equation.whole, 1), *((part, -1) for part in equation.parts)):
                if member in self.column:
                    rows.append(row)
                    columns.append(self.column[member])
                    signs.append(sign)
                else:
                    constant -= sign * known[member]
            right.append(constant)
        self.right = np.array(right, dtype=float)
        self.matrix = coo_array((signs, (rows, columns)), shape=(len(self.numbers), len(group))).tocsr()
        self.lower = np.array([1.0 if one in state.hidden else 0.0 for one in group])
        self.draw = np.random.default_rng(len(group))  # the same choices for the same tables
        self.truth = np.array([state.counts[one] for one in group], dtype=float)
        self.programme: LinearProgramme | None = None

    def narrows(self, targets: list[Hashable]) -> list[tuple[Hashable, set[Hashable]]]:
        """The targets whose range of possible counts is too short, with the visible cells that bind them.

        The truth is possible, and so is each solution: a target is safe once two possible counts lie far enough apart.
        Without a known count but zero, any multiple of the truth is possible, and all are safe.
        """
        if not self.right.any():
            return []
        low, high = self._remembered()
        try:
            return self._narrowed(targets, low, high)
        finally:
            self.state.possible |= {one: (low[column], high[column]) for column, one in enumerate(self.group)}

    def _remembered(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and highest counts known to be possible, from the truth and from earlier rounds."""
        possible = [
            self.state.possible.get(one, (truth, truth)) for one, truth in zip(self.group, self.truth, strict=True)
        ]
        return np.array([low for low, _ in possible]), np.array([high for _, high in possible])

    def _narrowed(
        self, targets: list[Hashable], low: np.ndarray, high: np.ndarray
    ) -> list[tuple[Hashable, set[Hashable]]]:
        columns = np.array([self.column[one] for one in targets])
        for _ in range(BATCHES):
            open_columns = columns[~self._is_safe(low, high, columns)]
            if not len(open_columns):
                return []
            solution = self._stretch(open_columns)
            np.minimum(low, solution, out=low)
            np.maximum(high, solution, out=high)
        weak = []
        for column in columns[~self._is_safe(low, high, columns)]:
            if self._is_safe(low, high, np.array([column]))[0]:
                continue
            binding: set[Hashable] = set()
            for sign in (-1.0, 1.0):
                objective = np.zeros(len(self.group))
                objective[column] = sign
                solution, marginals = self._solve(objective)
                np.minimum(low, solution, out=low)
                np.maximum(high, solution, out=high)
                binding |= self._binding(marginals)
                if high[column] < self.state.small or self._is_safe(low, high, np.array([column]))[0]:
                    break  # the highest count decides already
            if not self._is_safe(low, high, np.array([column]))[0]:
                weak.append((self.group[column], binding))
                if len(weak) >= WEAK_AT_ONCE:
                    break
        return weak

    def _is_safe(self, low: np.ndarray, high: np.ndarray, columns: np.ndarray) -> np.ndarray:
        width = self.state.small - 1
        low, high = np.ceil(low[columns] - TOLERANCE), np.floor(high[columns] + TOLERANCE)
        return (high - low >= width) & (high >= self.state.small)

    def _stretch(self, columns: np.ndarray) -> np.ndarray:
        """A possible solution that moves a third of the counts upwards, as far as it can, and the others somehow."""
        chosen = self.draw.choice(columns, size=max(1, len(columns) // 3), replace=False)
        objective = np.zeros(len(self.group))
        objective[chosen] = -self.draw.uniform(0.5, 1.5, size=len(chosen))
        return self._solve(objective)[0]

    def _solve(self, objective: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The possible solution with the smallest objective, and how much each equation binds it.

        A few times `small` above the truth is far enough.
        """
        if self.programme is None:
            upper = self.truth + FAR * self.state.small
            self.programme = LinearProgramme(self.matrix, self.right, self.lower, upper)
        return self.programme.minimise(objective)

    def _binding(self, marginals: np.ndarray) -> set[Hashable]:
        """The visible cells of the equations whose right side limits a solution."""
        cells: set[Hashable] = set()
        for row in np.flatnonzero(np.abs(marginals) > TOLERANCE):
            for member in self.state.members(self.numbers[row]):
                if member not in self.column:
                    cells |= self._sources(member)
        return cells

    def _sources(self, member: Hashable) -> set[Hashable]:
        """A visible cell itself; for a remainder that follows from others, the cells of its equations."""
        if member in self.state.tabulated:
            return {member}
        return {
            other
            for number in self.state.of_population[member]
            for other in self.state.members(number)
            if other in self.state.tabulated
        }
