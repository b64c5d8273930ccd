"""Code systems and the codes of other formats: the oracle's own copies, written from their publishers' lists."""

SYSTEMS = {
    "icd10cm": ["http://hl7.org/fhir/sid/icd-10-cm", "urn:oid:2.16.840.1.113883.6.90", "ICD10CM"],
    "icd9cm": ["http://hl7.org/fhir/sid/icd-9-cm", "urn:oid:2.16.840.1.113883.6.103", "ICD9CM"],
    "icd10": ["http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.3", "ICD10"],
    "snomed": ["http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96", "SNOMED"],
    "loinc": ["http://loinc.org", "urn:oid:2.16.840.1.113883.6.1", "LOINC"],
    "rxnorm": ["http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88", "RxNorm"],
    "ucum": ["http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8", "UCUM"],
}
SYSTEM_OF = {identifier.lower(): name for name, identifiers in SYSTEMS.items() for identifier in identifiers}


def system_of(identifier: str | None) -> str:
    """The short name of a code system, `unknown` where it is not known; case and a last slash do not matter."""
    return SYSTEM_OF.get((identifier or "").strip().lower().rstrip("/"), "unknown")


RACES = {
    "1002-5": "american_indian_or_alaska_native",
    "2028-9": "asian",
    "2054-5": "black_or_african_american",
    "2076-8": "native_hawaiian_or_other_pacific_islander",
    "2106-3": "white",
    "2131-1": "other",
}
ETHNICITIES = {"2135-2": "hispanic_or_latino", "2186-5": "not_hispanic_or_latino"}
ROUTES = {
    "47625008": "intravenous",
    "78421000": "intramuscular",
    "34206005": "subcutaneous",
    "46713006": "intranasal",
    "37839007": "sublingual",
    "26643006": "oral",
}
UNITS = {
    "kg": "kg",
    "g": "g",
    "[lb_av]": "lb",
    "[oz_av]": "oz",
    "mm[Hg]": "mmHg",
    "/min": "bpm",
    "%": "percent",
    "cm": "cm",
    "[in_i]": "in",
}
DOSE_UNITS = {"mg": "mg", "ug": "mcg", "g": "g", "mL": "mL", "mg/kg": "mg/kg"}
# a rate's unit: (unit of the dose, hours in the rate's unit of time)
RATES = {
    "mg/h": ("mg", 1.0),
    "mg/min": ("mg", 60.0),
    "mg/kg/h": ("mg/kg", 1.0),
    "mg/kg/min": ("mg/kg", 60.0),
    "mL/h": ("mL", 1.0),
    "mL/min": ("mL", 60.0),
}
VITALS = {
    "29463-7": "weight",
    "3141-9": "weight",
    "3142-7": "weight",
    "8302-2": "height",
    "8480-6": "systolic_bp",
    "8462-4": "diastolic_bp",
    "8867-4": "heart_rate",
    "59408-5": "spo2",
    "2708-6": "spo2",
}
PHQ9_ITEMS = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]
GAD7_ITEMS = ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"]
# (system, code): (instrument, role, item)
QUESTIONNAIRE_CODES = {
    ("loinc", "101697-1"): ("PCL-5", "panel", None),
    ("loinc", "101698-9"): ("PCL-5", "total", None),
    ("loinc", "101699-7"): ("PCL-5", "item", 9),
    ("loinc", "44249-1"): ("PHQ-9", "panel", None),
    ("loinc", "44261-6"): ("PHQ-9", "total", None),
    ("snomed", "720433000"): ("PHQ-9", "total", None),
    ("loinc", "69737-5"): ("GAD-7", "panel", None),
    ("loinc", "70274-6"): ("GAD-7", "total", None),
    ("snomed", "445455005"): ("GAD-7", "total", None),
    ("loinc", "55757-9"): ("PHQ-2", "panel", None),
    ("loinc", "55758-7"): ("PHQ-2", "total", None),
    ("loinc", "70221-7"): ("PCL-C", "panel", None),
    ("loinc", "89206-7"): ("PHQ-A", "panel", None),
    ("loinc", "89204-2"): ("PHQ-A", "total", None),
}
for instrument, item_codes in (("PHQ-9", PHQ9_ITEMS), ("GAD-7", GAD7_ITEMS)):
    for number, item_code in enumerate(item_codes, start=1):
        QUESTIONNAIRE_CODES["loinc", item_code] = (instrument, "item", number)
ANSWERS = {("loinc", code): value for value, code in enumerate(("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9"))}
ANSWERED_IN_DAYS = {"PHQ-9", "GAD-7", "PHQ-2", "PHQ-8", "PHQ-A"}
# items that a short form shares with a long one under the same code: code -> {short form: item}
SHORT_FORM_ITEMS = {code: {"PHQ-8": item} for item, code in enumerate(PHQ9_ITEMS[:8], start=1)}
for item, code in enumerate(PHQ9_ITEMS[:2], start=1):
    SHORT_FORM_ITEMS[code] = {"PHQ-2": item, "PHQ-8": item}
LINK_ID_PREFIXES = {"pcl5": "PCL-5", "phq9": "PHQ-9", "gad7": "GAD-7", "qids": "QIDS-SR16", "qidssr16": "QIDS-SR16"}
RESTRICTED_LABELS = {"PSYTHPN", "ETH", "SUD"}
TEST_DATA_LABEL = "HTEST"
ORDINAL_EXTENSIONS = {
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/iso21090-CO-value",
}
SITE_TIME_ZONES: dict[str, str] = {}

# OMOP standard concepts
OMOP_INGREDIENTS = {"785649": "6130", "1366610": "2119365"}
OMOP_ROUTES = {
    "4171047": "intravenous",
    "4302612": "intramuscular",
    "4132161": "oral",
    "4262914": "intranasal",
    "4292110": "sublingual",
}
OMOP_VITALS = {
    "3025315": "weight",
    "3013762": "weight",
    "3023166": "weight",
    "3004249": "systolic_bp",
}
OMOP_UNITS = {"9529": "kg", "8739": "lb", "9373": "oz", "8876": "mmHg", "8504": "g"}
OMOP_SEXES = {"8507": "male", "8532": "female"}
OMOP_RACES = {
    "8527": "white",
    "8516": "black_or_african_american",
    "8515": "asian",
    "8557": "native_hawaiian_or_other_pacific_islander",
    "8657": "american_indian_or_alaska_native",
}
OMOP_ETHNICITIES = {"38003563": "hispanic_or_latino", "38003564": "not_hispanic_or_latino"}
OMOP_ADMINISTRATION_TYPES = {"32818", "38000180"}
OMOP_PRESCRIPTION_TYPES = {
    "32838",
    "38000177",
    "32833",
    "32825",
    "38000175",
    "38000176",
    "32869",
    "32830",
    "38000178",
}
