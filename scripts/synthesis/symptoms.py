"""Step 3: the true course of symptoms, which nobody sees except through forms."""

import numpy as np

from synthesis import parameters
from synthesis.people import category
from synthesis.rows import Rows

TRAITS = {  # instrument -> (severity trait, response trait)
    "PCL-5": ("ptsd_severity", "ptsd_response"),
    "PHQ-9": ("mood_severity", "mood_response"),
    "GAD-7": ("anxiety_severity", "mood_response"),
    "QIDS-SR16": ("mood_severity", "mood_response"),
}
TOP_SCORE = {"PCL-5": 80, "PHQ-9": 27, "GAD-7": 21, "QIDS-SR16": 27}


def reduction_trait(instrument: str, response: np.ndarray) -> np.ndarray:
    """Share of the baseline that a person loses in the long run (negative: gets worse)."""
    raw = parameters.REDUCTION_MEAN[instrument] + parameters.REDUCTION_SD[instrument] * response
    return np.clip(raw, *parameters.REDUCTION_LIMITS)


def baseline(instrument: str, people: Rows) -> np.ndarray:
    """True severity before treatment, in points."""
    mean, spread = parameters.BASELINES[instrument]
    trait = people[TRAITS[instrument][0]]
    points = mean + spread * trait
    if instrument == "PCL-5":
        without = [category(name) for name in ("depression", "other_indication", "untreated", "esketamine")]
        other_mean, other_spread = parameters.PCL5_BASELINE_WITHOUT_PTSD
        points = np.where(np.isin(people["category"], without), other_mean + other_spread * trait, points)
    return np.clip(points, 0.0, TOP_SCORE[instrument])


def reduction(
    instrument: str, response: np.ndarray, course: np.ndarray, infusion: np.ndarray, days_since: np.ndarray
) -> np.ndarray:
    """Share of the baseline lost, row by row, after `infusion` infusions of `course`, `days_since` the last one."""
    trait = reduction_trait(instrument, response)
    grown = 1 - np.exp(-infusion / parameters.REDUCTION_TAU_INFUSIONS)
    kept = 1 - parameters.RELAPSE_BY_REINDUCTION
    grown = np.where(course > 1, kept + (1 - kept) * grown, grown)
    fading = np.exp(-np.maximum(days_since - 10, 0) / parameters.RELAPSE_DAYS)
    return np.where(infusion > 0, trait * grown * fading, 0.0)
