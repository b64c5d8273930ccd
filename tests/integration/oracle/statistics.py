"""Intervals, spreads and effect sizes, each straight from its formula."""

import math
from collections.abc import Sequence
from fractions import Fraction

import scipy.stats

Z = 1.959963984540054


def wilson(successes: int, n: int) -> tuple[float | None, float | None]:
    """Wilson 95 % interval of successes / n; nulls when n is 0."""
    if n == 0:
        return None, None
    share = successes / n
    centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def mean(values: Sequence) -> float | None:
    """Exact mean of integers or fractions; null when there are none."""
    return float(Fraction(sum(values)) / len(values)) if values else None


def deviation(values: Sequence) -> float | None:
    """Standard deviation with n - 1, from exact squares; null when n < 2."""
    if len(values) < 2:
        return None
    centre = Fraction(sum(values)) / len(values)
    return math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1))


def quantile(values: Sequence, share: float) -> float | None:
    """Quantile of doubles by linear interpolation between the two nearest ranks; null when there are none."""
    if not values:
        return None
    ordered = sorted(float(value) for value in values)
    position = share * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def ratio(numerator: float | None, divisor: float | None) -> float | None:
    """numerator / divisor; null when either is missing or the divisor is 0."""
    return None if numerator is None or not divisor else numerator / divisor


def paired(before: Sequence[int], after: Sequence[int]) -> dict:
    """Means, t interval and effect sizes of paired scores (positive change = better)."""
    change = [first - second for first, second in zip(before, after, strict=True)]
    n = len(change)
    spread, spread_before, spread_after = deviation(change), deviation(before), deviation(after)
    centre = mean(change)
    enough = n >= 2
    half = scipy.stats.t.ppf(0.975, n - 1) * spread / math.sqrt(n) if enough else None
    d_av = ratio(centre, (spread_before + spread_after) / 2) if enough else None
    return {
        "mean_baseline": mean(before),
        "mean_score": mean(after),
        "mean_change": centre,
        "sd_change": spread,
        "change_ci_low": centre - half if enough else None,
        "change_ci_high": centre + half if enough else None,
        "d_z": ratio(centre, spread),
        "d_av": d_av,
        "d_rms": ratio(centre, math.sqrt((spread_before**2 + spread_after**2) / 2)) if enough else None,
        "hedges_g": d_av * (1 - 3 / (4 * (n - 1) - 1)) if d_av is not None else None,
    }


def smd_continuous(ones: Sequence, zeros: Sequence) -> float | None:
    """Standardised mean difference of a continuous characteristic; null for n < 2 or no variance."""
    spread_one, spread_zero = deviation(ones), deviation(zeros)
    if spread_one is None or spread_zero is None:
        return None
    return ratio(mean(ones) - mean(zeros), math.sqrt((spread_one**2 + spread_zero**2) / 2))


def smd_level(hits_one: int, n_one: int, hits_zero: int, n_zero: int) -> float | None:
    """Standardised difference of the shares of one level; null without a patient in either group or no variance."""
    if n_one == 0 or n_zero == 0:
        return None
    one, zero = Fraction(hits_one, n_one), Fraction(hits_zero, n_zero)
    return ratio(float(one - zero), math.sqrt((one * (1 - one) + zero * (1 - zero)) / 2))
