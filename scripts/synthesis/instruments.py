"""The questionnaires that people fill in: items, answers, and how the paper form adds up."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Instrument:
    """`groups`: for each item the number of its group; a group counts by its highest item, the total is their sum."""

    name: str
    lowest: int
    highest: int
    groups: tuple[int, ...]
    item_weights: tuple[float, ...]  # how much higher or lower an item is rated than the average one

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.groups)

    @property
    def n_groups(self) -> int:
        """Number of groups of items."""
        return max(self.groups) + 1

    def totals(self, answers: np.ndarray) -> np.ndarray:
        """Totals of complete forms; answers: (forms, items)."""
        groups = np.asarray(self.groups)
        return sum(answers[:, groups == group].max(axis=1) for group in range(self.n_groups)).astype(np.int64)


def _simple(name: str, lowest: int, highest: int, weights: tuple[float, ...]) -> Instrument:
    return Instrument(name, lowest, highest, tuple(range(len(weights))), weights)


SCORED = {
    # Weathers et al. 2013, National Center for PTSD (public domain): 20 items 0..4
    "PCL-5": _simple("PCL-5", 0, 4, (.2, 0, -.3, .3, .2, .3, .2, -.3, 0, 0, .2, .2, .2, -.1, 0, -1.0, .2, .1, .1, .2)),
    # Kroenke, Spitzer and Williams 2001: 9 items 0..3; item 9 is rated low
    "PHQ-9": _simple("PHQ-9", 0, 3, (.1, .3, .2, .4, 0, .3, .1, -.5, -.9)),
    # Spitzer et al. 2006: 7 items 0..3
    "GAD-7": _simple("GAD-7", 0, 3, (.3, .2, .3, .1, -.4, .1, -.2)),
    # Rush et al. 2003: 16 items 0..3 in nine domains (sleep 1-4, appetite and weight 6-9, psychomotor 15-16)
    "QIDS-SR16": Instrument(
        "QIDS-SR16", 0, 3, (0, 0, 0, 0, 1, 2, 2, 2, 2, 3, 4, 5, 6, 7, 8, 8),
        (-.1, -.5, -.3, -1.0, .3, -.6, -.7, -.6, -.7, .2, .2, -.7, .2, .3, -.3, -.4),
    ),
}  # fmt: skip

FOREIGN = {  # other forms, kept but never scored as the above
    "PCL-C": _simple("PCL-C", 1, 5, (0.0,) * 17),
    "PHQ-2": _simple("PHQ-2", 0, 3, (0.0,) * 2),
    "PHQ-8": _simple("PHQ-8", 0, 3, (0.0,) * 8),
}
INSTRUMENTS = SCORED | FOREIGN
NAMES = tuple(INSTRUMENTS)
