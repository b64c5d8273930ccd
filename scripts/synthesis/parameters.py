"""Every number of the mechanism that makes the sample network, with where it comes from.

Published margins (McInnes and Berman 2024, poster at ACNP; the blog post of 4 February 2025) are never written into a
table: they come out of these parameters approximately, as sampling gives them. Figures without a source are ours,
chosen so that the margins come out, and are marked "chosen".
"""

DEFAULT_PATIENTS = 8142  # PTSD patients who received ketamine infusions: the poster's cohort
PATIENTS_PER_CHUNK = 2500  # eligible patients worked on at once: bounds the memory, never changes between machines

# --- Who else is in an export, per patient eligible for ptsd_kit (chosen: about 1.7 patients in total for each)
OTHERS_PER_ELIGIBLE = {
    "depression": 0.42,  # infusions for depression, no PTSD
    "other_indication": 0.05,  # infusions for anxiety or pain, PTSD only ruled out or refuted
    "ptsd_recorded_late": 0.025,  # PTSD is written down for the first time after the first infusion
    "minor": 0.012,  # PTSD, but under 18 at the first infusion
    "other_route": 0.06,  # ketamine by another route only
    "esketamine": 0.05,  # esketamine nasal spray only
    "untreated": 0.07,  # intake, never treated
    "cancelled": 0.015,  # every planned infusion was cancelled
    "test": 0.002,  # not a person: staff trying out the system
}

# --- People
FEMALE_SHARE = 0.66  # poster: 66 % female
OTHER_SEX_SHARE = 0.004  # chosen
SEX_BLANK_SHARE = 0.006  # chosen
RACE_BLANK_SHARE = 0.15  # chosen: race is often blank in private clinics
RACE_SHARES = {  # poster: 94 % white (of the known); the others in rough proportion, chosen
    "white": 0.94,
    "black_or_african_american": 0.018,
    "asian": 0.016,
    "american_indian_or_alaska_native": 0.005,
    "native_hawaiian_or_other_pacific_islander": 0.002,
    "multiple": 0.011,
    "other": 0.008,
}
HISPANIC_SHARE = 0.07  # chosen
ETHNICITY_BLANK_SHARE = 0.25  # chosen
AGE_MEAN_YEARS = 43.2  # poster: mean age 42.3 (no spread given), in completed years and of those over 18
AGE_SD_YEARS = 13.2  # chosen
AGE_MIN_YEARS, AGE_MAX_YEARS = 18, 94
EIGHTEENTH_BIRTHDAY_SHARE = 0.0015  # chosen: adults from exactly the index day on
DEATH_SHARE = 0.004  # chosen
MERGED_SHARE = 0.012  # chosen: people who had two charts that were merged later
MERGED_TWICE_SHARE = 0.15  # chosen: of these, a chain of three charts

# --- Latent traits (standard normal; correlations chosen)
SEVERITY_CORRELATION = 0.55  # PTSD severity with depression and anxiety severity
RESPONSE_CORRELATION = 0.65  # response of PTSD with response of depression and anxiety

# --- Diagnoses present at the first infusion: poster 90 % MDD, 72 % GAD, 33 % ADHD, 19 % panic among PTSD patients
COMORBIDITY_SHARES = {
    "ptsd_cohort": {
        "mdd": 0.90, "gad": 0.72, "adhd": 0.33, "panic": 0.19,
        "bipolar": 0.07, "psychosis": 0.008, "sud": 0.12, "nicotine": 0.09,
    },
    "depression": {
        "mdd": 1.0, "gad": 0.60, "adhd": 0.22, "panic": 0.12,
        "bipolar": 0.05, "psychosis": 0.006, "sud": 0.08, "nicotine": 0.07,
    },
    "elsewhere": {
        "mdd": 0.45, "gad": 0.50, "adhd": 0.20, "panic": 0.12,
        "bipolar": 0.08, "psychosis": 0.01, "sud": 0.10, "nicotine": 0.08,
    },
}  # fmt: skip
COMORBIDITY_SEVERITY_CORRELATION = 0.3  # chosen: the more severe carry more diagnoses
RECORDED_AFTER_INDEX_SHARE = 0.06  # chosen: of those without a condition at the index day, it is recorded later
ONSET_BEFORE_RECORDED_AFTER_SHARE = 0.02  # chosen: recorded after the index day with an onset before it
ONSET_GIVEN_SHARE = 0.35  # chosen
REPEATED_DIAGNOSIS_SHARE = 0.25  # chosen: the same condition written down again at a later visit
DISTRACTING_DIAGNOSIS_SHARE = 0.12  # chosen: codes that look like an indication and are not one

# --- Infusion plans. Poster: 82 % completed four infusions within 28 days; McInnes 2022: 4-8 within 7-28 days;
#     Oliver 2022: 6 within 21 days. Paces and hazards chosen so that about 82 % come out.
INDUCTION_PLANS = {4: 0.18, 6: 0.64, 8: 0.18}
PACES = {  # days between two induction infusions: (lowest, highest), share
    "thrice_weekly": ((2, 3), 0.32),
    "twice_weekly": ((3, 4), 0.43),
    "weekly": ((5, 8), 0.20),
    "slow": ((8, 16), 0.05),
}
SKIPPED_WEEK_SHARE = 0.025  # chosen: an induction gap that grew by one or two weeks (illness, travel)
STOP_LOGIT = -3.2  # chosen: after each induction infusion
STOP_LOGIT_PER_REDUCTION = -1.4  # chosen: those who get better early stay
LAST_INDUCTION_SLOT = 8
MAINTENANCE_SHARE_LOGIT = -0.5  # chosen
MAINTENANCE_LOGIT_PER_REDUCTION = 2.2  # chosen: responders come back for maintenance
MAINTENANCE_SLOTS = 8
MAINTENANCE_CONTINUES = 0.68  # chosen
MAINTENANCE_GAP_DAYS = (14, 75)  # chosen
LONGEST_GAP_SHARE, LONGEST_GAP_DAYS = 0.02, 90  # a course holds together over exactly this gap
REINDUCTION_SHARE = 0.11  # chosen
REINDUCTION_SLOTS = 6
REINDUCTION_FIRST_GAP_DAYS = 91  # the shortest gap that opens a new course
REINDUCTION_GAP_MEAN_DAYS = 110  # chosen: beyond the shortest
REINDUCTION_SHORTEST_SHARE = 0.04
CANCELLED_PER_SESSION = 0.05  # chosen: planned infusions that did not happen
ENTERED_IN_ERROR_PER_SESSION = 0.004  # chosen
STOPPED_SHARE = 0.012  # chosen: infusions stopped early; the dose given is written

# --- Dose. Poster: 1.02 mg/kg (SD 0.39) at the final infusion of the induction; start 0.5 mg/kg as in the trials.
START_DOSE_MG_PER_KG, START_DOSE_SD = 0.52, 0.07
FINAL_DOSE_MG_PER_KG, FINAL_DOSE_SD = 1.02, 0.39
DOSE_FLOOR_MG_PER_KG, DOSE_CEILING_MG_PER_KG = 0.25, 2.6
DOSE_FULL_FROM_INFUSION = 4  # chosen: the titration is over by the fourth infusion
DOSE_SLIP_SHARE = 0.003  # chosen: mg/kg typed into a field for mg, or mg into one for mg/kg
WEIGHT_KG = {"female": (77.0, 19.0), "male": (91.0, 19.0)}  # NHANES 2015-2018, adults, rounded
WEIGHT_LIMITS_KG = (42.0, 190.0)
INFUSION_MINUTES = (38, 62)
RESCUE_MEDICINE_SHARE = 0.10  # chosen: ondansetron, midazolam, ketorolac beside the infusion
OTHER_ROUTE_BOOSTER_SHARE = 0.05  # chosen: infusion patients who also got ketamine by another route
ADVERSE_EVENT_PER_SESSION = 0.05  # chosen
CONCOMITANT_MEDICINES_MEAN = 1.1  # chosen

# --- Symptoms. Share of the baseline lost after k infusions = trait * (1 - exp(-k / tau)); trait ~ normal.
#     Poster: PCL-5 about 47 at baseline among the analysed, response (>= 30 %) 27 / 65 / 73 % after 1 / 4 / 6.
#     McInnes 2022: PHQ-9 response 53.6 %, remission 28.9 %. Hietamies 2023: QIDS-SR16 d 1.56, GAD-7 d 1.17.
BASELINES = {  # mean and spread of the severity before treatment, in points; others have no PTSD
    "PCL-5": (45.5, 14.5),
    "PHQ-9": (16.3, 5.2),
    "GAD-7": (13.2, 4.6),
    "QIDS-SR16": (13.4, 4.4),  # about two points more come from counting the highest item of a group
}
PCL5_BASELINE_WITHOUT_PTSD = (24.0, 12.0)
REDUCTION_MEAN = {"PCL-5": 0.49, "PHQ-9": 0.57, "GAD-7": 0.46, "QIDS-SR16": 0.58}
REDUCTION_SD = {"PCL-5": 0.31, "PHQ-9": 0.37, "GAD-7": 0.36, "QIDS-SR16": 0.34}
REDUCTION_TAU_INFUSIONS = 2.3
REDUCTION_LIMITS = (-0.45, 0.97)
RELAPSE_DAYS = 260.0  # the gain fades with this time constant, from ten days after an infusion on
RELAPSE_BY_REINDUCTION = 0.45  # share of the gain that is lost when a new course starts
FORM_NOISE_SHARE = 0.11  # of the baseline: how a day differs from the trend
ITEM_NOISE = {"PCL-5": 0.85, "PHQ-9": 0.60, "GAD-7": 0.60, "QIDS-SR16": 0.55}

# --- Who answers which form, and why (logits; chosen so that about 16 % of the eligible have a PCL-5 before and after
#     and about half a PHQ-9)
ANSWER_TRAIT_SD = 1.1
ANSWER_PER_SEVERITY = 0.22  # the more severe answer a little more often
ANSWER_PER_REDUCTION = 1.1  # those who get better early keep answering
ANSWER_LOGIT = {"intake": 0.3, "link": 0.1, "check_in": 0.6, "next_day": -0.6, "follow_up": -0.5, "one_month": -1.1}
ANSWER_LOGIT_OF = {"PCL-5": -0.55, "PHQ-9": 1.2, "QIDS-SR16": 0.3, "GAD-7": 0.0}  # twenty items are many
STARTED_NOT_FINISHED_SHARE = 0.06
OPENED_SHARE = 0.35  # of the forms never answered: opened once at least
INTAKE_FORM_SHARE = 0.30
EDGE_BASELINE_SHARE = 0.02  # forms exactly 30 and exactly 31 days before the first infusion
BASELINE_LINK_SHARE = 0.45  # answered at home in the days before; the others at check-in for the first infusion
BASELINE_BOTH_SHARE = 0.12
FOLLOW_UP_SHARE = 0.75
ONE_MONTH_SHARE = 0.25
EVENING_SHARE = 0.18  # of the next-day forms: answered on the evening of the infusion
AT_START_SHARE = 0.03  # of the check-in forms: stamped at the very minute at which the infusion starts
TIME_UNKNOWN_SHARE = 0.03  # of the forms at clinics that do write times
SKIPPED_ITEM_SHARE = 0.02
TOTAL_MISMATCH_SHARE = 0.008
EMPTY_COMPLETED_SHARE = 0.003
AMENDED_SHARE = 0.01
STAFF_SHARE = 0.03
FOREIGN_FORM_SHARE = 0.02  # other instruments, at clinics that use them

# --- Mess, per record
CORRECTED_SHARE = 0.012
LATE_OLD_VERSION_SHARE = 0.15  # of the corrections: the old version arrives again after the new one
DUPLICATE_SHARE = 0.006
RETRACTED_SHARE = 0.004
JUNK_PER_PATIENT = 0.0025  # for each way in which a record of a table can be unreadable or impossible
