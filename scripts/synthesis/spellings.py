"""How people write things: for each value three spellings, of which a clinic prefers one and sometimes uses another.

Every spelling here is meant to be known to the alias seed, except those in `UNKNOWN_SPELLINGS`.
"""

PREFERRED_SHARE = 0.9  # how often a clinic sticks to its own spelling

SPELLINGS: dict[str, dict[str, tuple[str, str, str]]] = {
    "sex": {
        "female": ("Female", "F", "female"),
        "male": ("Male", "M", "male"),
        "other": ("Other", "other", "Other"),
        "unknown": ("Unknown", "U", "unknown"),
    },
    "race": {
        "white": ("White", "White/Caucasian", "Caucasian"),
        "black_or_african_american": ("Black or African American", "Black/African American", "African American"),
        "asian": ("Asian", "asian", "ASIAN"),
        "american_indian_or_alaska_native": (
            "American Indian or Alaska Native", "American Indian/Alaska Native", "Native American"),
        "native_hawaiian_or_other_pacific_islander": (
            "Native Hawaiian or Other Pacific Islander", "Native Hawaiian/Other Pacific Islander", "Pacific Islander"),
        "multiple": ("Multiple", "Two or more races", "Multiracial"),
        "other": ("Other", "Other Race", "other"),
    },
    "ethnicity": {
        "hispanic_or_latino": ("Hispanic or Latino", "Hispanic/Latino", "Hispanic"),
        "not_hispanic_or_latino": ("Not Hispanic or Latino", "Not Hispanic/Latino", "Non-Hispanic"),
    },
    "route": {
        "intravenous": ("IV", "Intravenous", "I.V."),
        "intramuscular": ("IM", "Intramuscular", "I.M."),
        "subcutaneous": ("SC", "Subcutaneous", "subcut"),
        "sublingual": ("SL", "Sublingual", "sublingual"),
        "oral": ("PO", "Oral", "by mouth"),
        "intranasal": ("Intranasal", "Nasal", "intranasal"),
    },
    "instrument": {
        "PCL-5": ("PCL-5", "PCL5", "PTSD Checklist for DSM-5 (PCL-5)"),
        "PHQ-9": ("PHQ-9", "PHQ9", "Patient Health Questionnaire-9"),
        "GAD-7": ("GAD-7", "GAD7", "Generalized Anxiety Disorder 7"),
        "QIDS-SR16": ("QIDS-SR16", "QIDS-SR", "QIDS SR 16"),
        "PCL-C": ("PCL-C", "PCL-C", "PCLC"),
        "PHQ-2": ("PHQ-2", "PHQ2", "PHQ-2"),
        "PHQ-8": ("PHQ-8", "PHQ8", "PHQ-8"),
    },
    "vital": {
        "weight": ("weight", "Weight", "Body weight"),
        "height": ("height", "Height", "Body height"),
        "systolic_bp": ("systolic_bp", "Systolic BP", "Systolic blood pressure"),
        "diastolic_bp": ("diastolic_bp", "Diastolic BP", "Diastolic blood pressure"),
        "heart_rate": ("heart_rate", "Heart rate", "Pulse"),
        "spo2": ("spo2", "SpO2", "O2 saturation"),
    },
    "unit": {
        "kg": ("kg", "kg", "KG"),
        "lb": ("lb", "lbs", "pounds"),
        "oz": ("oz", "oz", "ounces"),
        "g": ("g", "g", "grams"),
        "mmHg": ("mmHg", "mm Hg", "mm[Hg]"),
        "bpm": ("bpm", "bpm", "beats/min"),
        "percent": ("%", "%", "percent"),
        "cm": ("cm", "cm", "CM"),
        "in": ("in", "in", "inches"),
    },
    "dose_unit": {
        "mg": ("mg", "MG", "milligrams"),
        "mg/kg": ("mg/kg", "MG/KG", "mg / kg"),
        "mL": ("mL", "ml", "cc"),
        "mcg": ("mcg", "ug", "micrograms"),
        "g": ("g", "g", "grams"),
    },
    "status": {
        "completed": ("completed", "Completed", "COMPLETE"),
        "amended": ("amended", "Amended", "amended"),
        "in-progress": ("in-progress", "In Progress", "in progress"),
        "stopped": ("stopped", "Stopped", "STOPPED"),
        "not-done": ("not-done", "Not Done", "not done"),
        "on-hold": ("on-hold", "On Hold", "on hold"),
        "sent": ("sent", "Sent", "SENT"),
        "expired": ("expired", "Expired", "EXPIRED"),
        "active": ("active", "Active", "ACTIVE"),
        "resolved": ("resolved", "Resolved", "RESOLVED"),
        "inactive": ("inactive", "Inactive", "INACTIVE"),
        "confirmed": ("confirmed", "Confirmed", "CONFIRMED"),
        "provisional": ("provisional", "Provisional", "provisional"),
        "rule-out": ("rule-out", "Rule Out", "rule out"),
        "refuted": ("refuted", "Refuted", "REFUTED"),
        "entered-in-error": ("entered-in-error", "Entered in Error", "entered in error"),
        "void": ("void", "Void", "VOID"),
    },
}  # fmt: skip

# Spellings that no seed is expected to know: such a value reads as unknown.
UNKNOWN_SPELLINGS = {"race": "see paper chart", "ethnicity": "see paper chart", "route": "per protocol"}

MEDICINES: dict[str, tuple[str, ...]] = {
    "ketamine": (
        "Ketamine", "ketamine HCl", "Ketalar", "Ketamine 50 mg/mL injection",
        "KETAMINE HYDROCHLORIDE (50 MG/ML), IN 0.9 % SODIUM CHLORIDE",
    ),
    "ketamine_by_code": ("K infusion", "IVK"),  # only the drug code tells
    "esketamine": ("Spravato", "Esketamine nasal spray", "SPRAVATO (esketamine) 56 mg", "S-ketamine nasal spray"),
    "ondansetron": ("Ondansetron 4 mg",),
    "midazolam": ("Midazolam",),
    "ketorolac": ("Ketorolac (Toradol)",),
}  # fmt: skip
KETAMINE_RXNORM, ESKETAMINE_RXNORM = "6130", "2119365"

CONCOMITANTS: tuple[tuple[str, str], ...] = (
    ("sertraline 100 mg", "oral"), ("escitalopram 20 mg", "oral"), ("bupropion XL 300 mg", "oral"),
    ("lamotrigine 200 mg", "oral"), ("prazosin 2 mg", "oral"), ("clonazepam 0.5 mg", "oral"),
    ("lisdexamfetamine 40 mg", "oral"), ("trazodone 50 mg, at night", "oral"), ("ketamine troche 100 mg", "sublingual"),
)  # fmt: skip

# condition -> codes with their titles; the first is the commonest
CODES: dict[str, tuple[tuple[str, str], ...]] = {
    "ptsd": (
        ("F43.10", "Post-traumatic stress disorder, unspecified"),
        ("F43.12", "Post-traumatic stress disorder, chronic"),
        ("F43.11", "Post-traumatic stress disorder, acute"),
        ("F43.1", "Post-traumatic stress disorder (PTSD)"),
    ),
    "mdd": (
        ("F33.2", "Major depressive disorder, recurrent severe without psychotic features"),
        ("F33.1", "Major depressive disorder, recurrent, moderate"),
        ("F32.2", "Major depressive disorder, single episode, severe"),
        ("F33.9", "Major depressive disorder, recurrent, unspecified"),
        ("F32.1", "Major depressive disorder, single episode, moderate"),
        ("F33.41", "Major depressive disorder, recurrent, in partial remission"),
    ),
    "gad": (("F41.1", "Generalized anxiety disorder"),),
    "panic": (("F41.0", "Panic disorder [episodic paroxysmal anxiety]"),),
    "adhd": (
        ("F90.0", "Attention-deficit hyperactivity disorder, predominantly inattentive type"),
        ("F90.2", "Attention-deficit hyperactivity disorder, combined type"),
        ("F90.9", "Attention-deficit hyperactivity disorder, unspecified type"),
    ),
    "bipolar": (
        ("F31.81", "Bipolar II disorder"), ("F31.9", "Bipolar disorder, unspecified"),
        ("F34.0", "Cyclothymic disorder"),
    ),
    "psychosis": (("F25.9", "Schizoaffective disorder, unspecified"), ("F29", "Unspecified psychosis")),
    "sud": (
        ("F10.20", "Alcohol dependence, uncomplicated"), ("F12.10", "Cannabis abuse, uncomplicated"),
        ("F11.21", "Opioid dependence, in remission"),
    ),
    "nicotine": (("F17.210", "Nicotine dependence, cigarettes, uncomplicated"),),
    "near_miss": (  # look like an indication and are none
        ("F43.0", "Acute stress reaction"), ("F43.23", "Adjustment disorder with mixed anxiety and depressed mood"),
        ("F43.9", "Reaction to severe stress, unspecified"), ("F32.A", "Depression, unspecified"),
        ("F34.1", "Dysthymic disorder"), ("F41.9", "Anxiety disorder, unspecified"), ("G89.29", "Other chronic pain"),
    ),
}  # fmt: skip

FIRST_NAMES = ("Avery", "Blair", "Casey", "Devon", "Emery", "Finley", "Harper", "Jordan", "Kendall", "Logan", "Morgan",
               "Parker", "Quinn", "Reese", "Rowan", "Sage", "Skyler", "Taylor")  # fmt: skip
LAST_NAMES = ("Samplewood", "Mockford", "Inventa", "Placeholder", "Fictus", "Notareal", "Synthers", "Exemplar",
              "Dummett", "O'Sample", "Van Mock", "Fabricius")  # fmt: skip
TEST_NAMES = (("Test", "Patient"), ("Casey", "Zztest"), ("Dana", "TEST"), ("Robin", "Zzztest"))
ADVERSE_EVENTS = ("Nausea", "Vomiting", "Hypertension", "Dissociation, prolonged", "Anxiety", "Headache", "Dizziness")
SEVERITIES = ("mild", "moderate", "severe")
ZIP_CODES = ("97205", "60614", "78704", "80202", "94110", "30307", "04101", "02139", "85004", "33130", "83001", "03601")
