"""Standard concepts and codes of the OMOP vocabularies that the sample network uses.

Ids from 2,000,000,000 on are a site's own concepts, by the convention of OHDSI.
"""

SEXES = {"male": "8507", "female": "8532", "other": "8521", "unknown": "8551"}
RACES = {
    "white": "8527", "black_or_african_american": "8516", "asian": "8515",
    "native_hawaiian_or_other_pacific_islander": "8557", "american_indian_or_alaska_native": "8657", "other": "8522",
    "multiple": "44814659",
}  # fmt: skip
ETHNICITIES = {"hispanic_or_latino": "38003563", "not_hispanic_or_latino": "38003564"}
ROUTES = {
    "intravenous": "4171047", "intramuscular": "4302612", "sublingual": "4292110", "oral": "4132161",
    "intranasal": "4262914", "subcutaneous": "4142048",
}  # fmt: skip
KETAMINE, ESKETAMINE = "785649", "1366610"
INGREDIENTS = {"6130": KETAMINE, "2119365": ESKETAMINE}
KETAMINE_SOLUTION = "2000000050"  # 50 mg/mL: its ingredient and its strength are in the vocabulary files
ADMINISTRATION, PRESCRIPTION, EHR = "32818", "32838", "32817"
DIAGNOSIS_STATUSES = {"provisional": "32899", "confirmed": "32893"}
VITALS = {
    "weight": ("3025315", "29463-7"), "height": ("3036277", "8302-2"), "systolic_bp": ("3004249", "8480-6"),
    "diastolic_bp": ("3012888", "8462-4"), "heart_rate": ("3027018", "8867-4"), "spo2": ("40762499", "59408-5"),
}  # fmt: skip
UNITS = {
    "kg": "9529", "lb": "8739", "oz": "9373", "g": "8504", "mmHg": "8876", "bpm": "8541", "percent": "8554",
    "cm": "8582", "in": "9330",
}  # fmt: skip
PHQ9_TOTAL = "3042932"

# ICD-10-CM without the dot -> standard concept of the set of codes that holds it; all else has no concept here
CONDITIONS = (
    dict.fromkeys(("F431", "F4310", "F4311", "F4312"), "436676")
    | dict.fromkeys(("F332", "F331", "F322", "F339", "F321", "F3341"), "4152280")
    | dict.fromkeys(("F900", "F902", "F909"), "438409")
    | dict.fromkeys(("F3181", "F319"), "436665")
    | {"F411": "434613", "F410": "436074", "F259": "4286201", "F430": "440083", "F32A": "440383"}
)
