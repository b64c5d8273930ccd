"""Rows: a table of facts as a dict of equally long numpy arrays, and the few helpers that all steps share."""

import numpy as np

Rows = dict[str, np.ndarray]
MISSING = np.int64(-(2**40))  # a day or minute that is not known or did not happen


def count(rows: Rows) -> int:
    """Number of rows."""
    return len(next(iter(rows.values())))


def take(rows: Rows, index: np.ndarray) -> Rows:
    """The rows at `index` (positions or a mask), in that order."""
    return {name: values[index] for name, values in rows.items()}


def stack(parts: list[Rows]) -> Rows:
    """All rows of all parts below each other; all parts have the columns of the first."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def position_in_group(groups: np.ndarray) -> np.ndarray:
    """0, 1, 2, ... within each run of equal values of `groups` (which must be sorted)."""
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else np.zeros(0, dtype=np.int64)
    lengths = np.diff(np.r_[starts, len(groups)])
    return np.arange(len(groups)) - np.repeat(starts, lengths)


def is_last_in_group(groups: np.ndarray) -> np.ndarray:
    """Whether a row is the last of its run of equal values of `groups` (which must be sorted)."""
    return np.r_[groups[1:] != groups[:-1], True] if len(groups) else np.zeros(0, dtype=bool)


def repeat_ranges(lengths: np.ndarray) -> np.ndarray:
    """[2, 0, 3] -> [0, 1, 0, 1, 2]: positions within ranges of these lengths."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def choose(random: np.random.Generator, shares: list[float] | tuple[float, ...], size: int) -> np.ndarray:
    """Positions 0.. drawn with these (relative) shares."""
    edges = np.cumsum(np.asarray(shares, dtype=float))
    return np.minimum(np.searchsorted(edges / edges[-1], random.random(size), side="right"), len(edges) - 1)


def integers_between(random: np.random.Generator, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whole numbers, uniform in low..high (both in), row by row; low where high < low."""
    span = np.maximum(np.asarray(high) - np.asarray(low), 0) + 1
    return np.asarray(low) + np.minimum((random.random(len(span)) * span).astype(np.int64), span - 1)


def logistic(values: np.ndarray) -> np.ndarray:
    """Probability of a logit."""
    return 1.0 / (1.0 + np.exp(-values))
