"""Which counts follow from which: equations between populations that are told by their terms.

A population is a set of terms such as {"received_kit: yes", "sex: female"}: the patients for whom all of them hold.
Terms of one attribute exclude each other; an implication says that a term brings others with it. From that alone
follow all equations that a reader of the tables can know: a whole is the sum of its parts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

YES, NO = "yes", "no"
ROUNDS = 2  # parts of parts: those with neither baseline nor outcome follow from two divisions


@dataclass(frozen=True)
class Equation:
    """`whole` is the sum of `parts`. A population is a bit mask, a remainder without a name of its own a tuple."""

    whole: Hashable
    parts: tuple[Hashable, ...]


@dataclass
class Lattice:
    """Populations as bit masks over terms, closed under the implications.

    implications: (premises, conclusions), each a set of terms; all premises together bring the conclusions.
    """

    terms: list[str] = field(default_factory=list)
    bits: dict[str, int] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    closures: dict[int, int] = field(default_factory=dict)
    joint: list[tuple[int, int]] = field(default_factory=list)
    conflicts: dict[int, int] = field(default_factory=dict)
    tabulated: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        populations: Iterable[frozenset[str]],
        implications: Iterable[tuple[frozenset[str], frozenset[str]]],
    ) -> Lattice:
        """A lattice that knows every term of the populations and the implications, and `no` to each `yes`."""
        lattice, implications, populations = cls(), list(implications), list(populations)
        lattice.tabulated = set().union(*populations)
        for group in (*populations, *(premise | conclusion for premise, conclusion in implications)):
            for term in group:
                lattice._learn(term)
        lattice._close(implications)
        return lattice

    def _learn(self, term: str) -> None:
        if term in self.bits:
            return
        attribute, value = term.rsplit(": ", 1)
        self.bits[term] = 1 << len(self.terms)
        self.terms.append(term)
        self.values.setdefault(attribute, []).append(term)
        if value in (YES, NO):
            self._learn(f"{attribute}: {NO if value == YES else YES}")

    def _close(self, implications: list[tuple[frozenset[str], frozenset[str]]]) -> None:
        direct = {bit: bit for bit in self.bits.values()}
        premises = {term for premise, _ in implications if len(premise) == 1 for term in premise}
        for premise, conclusion in implications:
            if len(premise) > 1:
                self.joint.append((self.raw(premise), self.raw(conclusion)))
                continue
            (cause,) = premise
            for effect in conclusion:
                direct[self.bits[cause]] |= self.bits[effect]
                opposite, denied = _opposite(effect), _opposite(cause)
                # Where both yes and no bring something, the question is not asked of everybody: nothing follows back.
                if opposite in self.bits and denied in self.bits and denied not in premises:
                    direct[self.bits[opposite]] |= self.bits[denied]
        for bit in direct:
            closed, pending = 0, bit
            while pending:
                lowest = pending & -pending
                closed |= lowest
                pending = (pending | direct[lowest]) & ~closed
            self.closures[bit] = closed
        excluded = {
            self.bits[term]: sum(self.bits[other] for other in terms if other != term)
            for terms in self.values.values()
            for term in terms
        }
        for bit, closed in self.closures.items():
            self.conflicts[bit] = _union(excluded[one] for one in _bits_of(closed))

    def raw(self, terms: Iterable[str]) -> int:
        """Bit mask of terms, not closed."""
        return _union(self.bits[term] for term in terms)

    def population(self, terms: Iterable[str]) -> int | None:
        """Bit mask of a population with all that its terms imply; None where they contradict each other."""
        mask = _union(self.closures[self.bits[term]] for term in terms)
        return None if self._contradicts(mask) else self.completed(mask)

    def _contradicts(self, mask: int) -> bool:
        return any(self.conflicts[bit] & mask for bit in _bits_of(mask))

    def completed(self, mask: int) -> int | None:
        """A mask without contradiction, with what several of its terms bring together; None where that contradicts."""
        added = 0
        for premise, conclusion in self.joint:
            if mask & premise == premise and mask & conclusion != conclusion:
                added |= _union(self.closures[bit] for bit in _bits_of(conclusion))
        if not added:
            return mask
        return None if self._contradicts(mask | added) else self.completed(mask | added)

    def text(self, mask: int) -> str:
        """The terms of a population, sorted, as one text."""
        return "; ".join(sorted(self.terms[bit.bit_length() - 1] for bit in _bits_of(mask)))

    def divisions(self) -> list[tuple[int, list[tuple[int, int]], bool]]:
        """For each attribute: what its terms have in common, closure and conflicts of each, and whether it is listed.

        Listed are attributes such as sex: the tables have a row for each term that occurs, so no row means nobody.
        """
        divisions = []
        for terms in self.values.values():
            closed = [(self.closures[self.bits[term]], self.conflicts[self.bits[term]]) for term in terms]
            common = closed[0][0]
            for mask, _ in closed[1:]:
                common &= mask
            is_listed = self.tabulated.issuperset(terms) and _opposite(terms[0]) is None
            divisions.append((common, closed, is_listed))
        return divisions


def equations(
    lattice: Lattice, counts: Mapping[int, int], small: int, told: Mapping[int, int] | None = None
) -> tuple[list[Equation], dict[Hashable, int]]:
    """The equations among populations, and the counts of all that occur in them.

    counts: the tabulated populations. small: the first count that need not be hidden. told: counts of them that the
    last publication told. Remainders that nobody tabulates, such as the patients without a baseline, are added with
    their count. A population of which the tables say nothing takes part with its brothers as one rest.
    """
    known: dict[Hashable, int] = dict(counts)
    found, seen = [], set()
    divisions = lattice.divisions()
    for _ in range(ROUNDS):
        added: dict[Hashable, int] = {}
        for whole in [one for one in known if isinstance(one, int) and known[one] > 0]:
            for common, parts, is_listed in divisions:
                if whole & common != common:
                    continue
                children = [lattice.completed(whole | mask) for mask, conflicts in parts if not whole & conflicts]
                children = [child for child in children if child is not None]
                if not children or whole in children or not any(child in known for child in children):
                    continue
                equation = _equation(whole, children, is_listed, known, added)
                if equation not in seen:
                    seen.add(equation)
                    found.append(equation)
        if not added:
            break
        known |= added
    found += _nested(counts, known, small, told or {}, {(part, one.whole) for one in found for part in one.parts})
    return found, known


def _equation(
    whole: int, children: list[int], is_listed: bool, known: Mapping[Hashable, int], added: dict[Hashable, int]
) -> Equation:
    """Whole and parts; parts of unknown count become one rest, which the whole and the others determine."""
    unknown = [child for child in children if child not in known]
    parts = [child for child in children if child in known]
    if unknown and not (is_listed and known[whole] == sum(known[part] for part in parts)):
        rest = unknown[0] if len(unknown) == 1 else (whole, *sorted(unknown))
        count = known[whole] - sum(known[part] for part in parts)
        if count < 0 or added.get(rest, count) != count:
            raise ValueError("the parts of a population do not add up to it: the terms of a count are wrong")
        added[rest] = count
        parts.append(rest)
    elif known[whole] != sum(known[part] for part in parts):
        raise ValueError("the parts of a population do not add up to it: the terms of a count are wrong")
    return Equation(whole, tuple(parts))


def _nested(
    counts: Mapping[int, int],
    known: dict[Hashable, int],
    small: int,
    told: Mapping[int, int],
    divided: set[tuple[Hashable, Hashable]],
) -> list[Equation]:
    """One population within another leaves a remainder: each next pair, and each pair whose remainder is small.

    The remainders are added to `known` as (outer, inner); a large one of a distant pair follows from the next pairs,
    and counts for itself where it moved by little although outer and inner did not.
    An empty population tells nothing more: it is visible, and all within it are.
    """
    found = []
    ordered = sorted(one for one in counts if counts[one] > 0)
    for inner in ordered:
        outers = [outer for outer in ordered if outer != inner and outer & inner == outer]
        for outer in outers:
            rest = known[outer] - known[inner]
            if rest < 0:
                raise ValueError("a population is larger than one that holds it: the terms of a count are wrong")
            is_next = not any(between != outer and between & outer == outer for between in outers)
            has_moved_little = outer in told and inner in told and 0 < abs(rest - (told[outer] - told[inner])) < small
            if (is_next or 0 < rest < small or has_moved_little) and (inner, outer) not in divided:
                known[outer, inner] = rest
                found.append(Equation(outer, (inner, (outer, inner))))
    return found


def _opposite(term: str) -> str | None:
    attribute, value = term.rsplit(": ", 1)
    return f"{attribute}: {NO if value == YES else YES}" if value in (YES, NO) else None


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _bits_of(mask: int) -> Iterable[int]:
    while mask:
        lowest = mask & -mask
        yield lowest
        mask ^= lowest
