"""The pages under docs/: what becomes of a delivery, which codes are accepted, who is in a cohort.

Everything is read from what the warehouse itself runs on: the sources' YAML, the seeds and dbt_project.yml.
"""

from guide.cohorts import cohort_page
from guide.faults import faults_page
from guide.formats import ehr_page, fhir_page, omop_page


def pages() -> dict[str, str]:
    """Text of each page by its file name."""
    return {
        "mapping_ehr.md": ehr_page(),
        "mapping_fhir.md": fhir_page(),
        "mapping_omop.md": omop_page(),
        "cohort_definitions.md": cohort_page(),
        "faults.md": faults_page(),
    }
