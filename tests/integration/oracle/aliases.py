"""The oracle's own small copies of spellings, code sets, instruments and studies.

Written from the rules, not read from the project's seeds, so that a wrong seed shows up as a difference.
Only common spellings are listed: the edge-case generator uses these, or text that no alias could mean.
"""

from fractions import Fraction

# What FHIR calls a few of the states.
FHIR_STATUSES = {
    "completed": ["final"],
    "amended": ["corrected"],
    "not-done": ["cancelled"],
    "provisional": ["preliminary", "unconfirmed"],
}

SPELLINGS: dict[str, dict[str, list[str]]] = {
    "sex": {"female": ["female", "F"], "male": ["male", "M"], "other": ["other"], "unknown": ["unknown"]},
    "race": {
        "american_indian_or_alaska_native": ["American Indian or Alaska Native"],
        "asian": ["Asian"],
        "black_or_african_american": ["Black or African American"],
        "native_hawaiian_or_other_pacific_islander": ["Native Hawaiian or Other Pacific Islander"],
        "white": ["White"],
        "multiple": ["multiple"],
        "other": ["other"],
        "unknown": ["unknown"],
    },
    "ethnicity": {
        "hispanic_or_latino": ["Hispanic or Latino", "dominican"],
        "not_hispanic_or_latino": ["Not Hispanic or Latino"],
        "unknown": ["unknown"],
    },
    "route": {
        "intravenous": ["intravenous", "IV"],
        "intramuscular": ["intramuscular", "IM"],
        "subcutaneous": ["subcutaneous"],
        "sublingual": ["sublingual"],
        "oral": ["oral"],
        "intranasal": ["intranasal"],
    },
    "instrument": {
        name: [name]
        for name in (
            "PCL-5",
            "PHQ-9",
            "GAD-7",
            "QIDS-SR16",
            "PCL-C",
            "PCL-M",
            "PCL-S",
            "PHQ-2",
            "PHQ-8",
            "PHQ-A",
        )
    },
    "vital": {name: [name] for name in ("weight", "height", "systolic_bp", "diastolic_bp", "heart_rate", "spo2")},
    "dose_unit": {"mg": ["mg"], "mcg": ["mcg"], "g": ["g"], "mL": ["mL"], "mg/kg": ["mg/kg"]},
    "unit": {
        "kg": ["kg"],
        "g": ["g"],
        "lb": ["lb", "lbs"],
        "oz": ["oz"],
        "mmHg": ["mmHg"],
        "bpm": ["bpm"],
        "percent": ["percent"],
        "cm": ["cm"],
        "in": ["in"],
    },
    "status": {
        name: [name, *FHIR_STATUSES.get(name, [])]
        for name in (
            "completed",
            "amended",
            "in-progress",
            "stopped",
            "not-done",
            "on-hold",
            "sent",
            "expired",
            "active",
            "resolved",
            "inactive",
            "confirmed",
            "provisional",
            "differential",
            "rule-out",
            "refuted",
            "entered-in-error",
            "void",
        )
    },
}


def normalised(text: str) -> str:
    """Lower-case letters and digits of `text`: matching disregards case, white space and punctuation."""
    return "".join(character for character in text.lower() if character.isalnum())


ALIASES: dict[str, dict[str, str]] = {
    field: {normalised(alias): canonical for canonical, aliases in spellings.items() for alias in aliases}
    for field, spellings in SPELLINGS.items()
}

TEST_NAMES = {"test", "testpatient", "zztest", "zzztest", "testtest"}
SPARSE_ZIP3 = {
    "036", "059", "063", "102", "203", "556", "692", "790", "821",
    "823", "830", "831", "878", "879", "884", "890", "893",
}  # fmt: skip

POUND = Fraction(45359237, 100000000)
WEIGHT_UNITS = {"kg": Fraction(1), "g": Fraction(1, 1000), "lb": POUND, "oz": POUND / 16}

COUNTED_STATUSES = {"completed", "stopped", "in-progress", None}
RETRACTING_STATUSES = {"entered-in-error", "refuted", "void"}
NON_QUALIFYING_STATUSES = {"rule-out", "provisional", "differential"}
FINISHED_STATUSES = {"completed", "amended"}

KETAMINE_CODES = {"6130"}
ESKETAMINE_CODES = {"2119365"}

# (exact codes, code starts), without dots
CODE_SETS: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "ptsd": ({"F431", "F4310", "F4311", "F4312"}, ()),
    "mdd": (
        {"F320", "F321", "F322", "F323", "F324", "F325", "F329", "F330", "F331", "F332", "F333",
         "F3340", "F3341", "F3342", "F339"},
        (),
    ),
    "gad": ({"F411"}, ()),
    "adhd": (set(), ("F90",)),
    "panic": ({"F410"}, ()),
    "bipolar": ({"F340"}, ("F30", "F31")),
    "psychosis": ({"F22", "F23", "F24", "F28", "F29"}, ("F20", "F25")),
    "sud": (set(), ("F10", "F11", "F12", "F13", "F14", "F15", "F16", "F18", "F19")),
}  # fmt: skip

# Codes of other systems than ICD-10-CM, without dots; they count only with a coding that names their system.
OTHER_CODE_SETS: dict[tuple[str, str], set[str]] = {
    ("ptsd", "icd9cm"): {"30981"},
    ("ptsd", "snomed"): {"47505003"},
    ("ptsd", "omop"): {"436676"},
    ("mdd", "snomed"): {"370143000"},
    ("mdd", "omop"): {"4152280"},
    ("gad", "icd9cm"): {"30002"},
    ("gad", "snomed"): {"21897009"},
    ("gad", "omop"): {"434613"},
    ("panic", "icd9cm"): {"30001"},
    ("panic", "snomed"): {"371631005"},
    ("panic", "omop"): {"436074"},
    ("adhd", "icd9cm"): {"31400", "31401"},
    ("adhd", "snomed"): {"406506008", "444613000"},
    ("adhd", "omop"): {"438409", "40480225"},
    ("bipolar", "snomed"): {"13746004"},
    ("bipolar", "omop"): {"436665"},
    ("psychosis", "snomed"): {"58214004", "68890003", "69322001"},
    ("psychosis", "omop"): {"435783", "4286201", "436073"},
    ("sud", "snomed"): {"15167005", "66590003", "7200002", "26416006", "191816009", "66214007", "75544000", "5602001"},
}

# instrument: (items, highest response, highest total, response %, remission at most, reliable change)
SCORED = {
    "PCL-5": {"items": 20, "item_max": 4, "total_max": 80, "response": 30, "remission": 32, "reliable": 15},
    "PHQ-9": {"items": 9, "item_max": 3, "total_max": 27, "response": 50, "remission": 4, "reliable": 5},
    "GAD-7": {"items": 7, "item_max": 3, "total_max": 21, "response": 50, "remission": 4, "reliable": 4},
    "QIDS-SR16": {"items": 16, "item_max": 3, "total_max": 27, "response": 50, "remission": 5, "reliable": None},
}
BANDS = {
    "PCL-5": [],
    "PHQ-9": [(0, 4), (5, 9), (10, 14), (15, 19), (20, 27)],
    "GAD-7": [(0, 4), (5, 9), (10, 14), (15, 21)],
    "QIDS-SR16": [(0, 5), (6, 10), (11, 15), (16, 20), (21, 27)],
}
PCL5_CUTOFF = 33
PCL5_CLUSTERS = {"B": range(1, 6), "C": range(6, 8), "D": range(8, 15), "E": range(15, 21)}
PCL5_PRORATION_MISSING = {"B": 1, "C": 0, "D": 1, "E": 1}
PCL5_PATTERN_NEEDED = {"B": 1, "C": 1, "D": 2, "E": 2}
PRORATION_ANSWERED = {"PCL-5": 17, "PHQ-9": 7, "GAD-7": 5}

COURSE_GAP_DAYS = 90
WEIGHT_MAX_AGE_DAYS = 365
WEIGHT_FRESH_DAYS = 30
BASELINE_WINDOW_DAYS = 30
FOLLOWUP_WINDOW_DAYS = 30
POST_INDUCTION_FROM, POST_INDUCTION_TO = 14, 31
PLAUSIBLE_LOW, PLAUSIBLE_HIGH = Fraction(1, 10), Fraction(3)

DEFINITIONS = {
    "four_in_28": {"min": 4, "max": None, "max_day": 28, "span": None, "first": 4},
    "four_to_eight_in_7_to_28": {"min": 4, "max": 8, "max_day": 28, "span": 7, "first": None},
    "six_in_21": {"min": 6, "max": None, "max_day": 21, "span": None, "first": 6},
}
STUDIES = {
    "ptsd_kit": {
        "indication": "ptsd", "definition": "four_in_28", "required": False,
        "instruments": ["PCL-5", "PHQ-9"], "timepoint": "infusion_4",
    },
    "depression_kit": {
        "indication": "mdd", "definition": "four_to_eight_in_7_to_28", "required": True,
        "instruments": ["PHQ-9"], "timepoint": "post_induction",
    },
    "depression_anxiety_kit": {
        "indication": "mdd", "definition": "four_to_eight_in_7_to_28", "required": False,
        "instruments": ["QIDS-SR16", "GAD-7"], "timepoint": "post_induction",
    },
}  # fmt: skip
INFUSION_TIMEPOINTS = [f"infusion_{number}" for number in range(1, 9)]
TIMEPOINTS = [*INFUSION_TIMEPOINTS, "post_induction", "last_observed"]
FIXED_PANEL = INFUSION_TIMEPOINTS[:4]
