"""Which clinic delivers in which format, and what changes of its habits when it does.

What happened at a clinic never depends on the format, and neither does its mess as far as a format can hold it: the
same seed makes the same people, events, corrections and copies.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from synthesis.clinics import CLINICS, Clinic
from synthesis.deliveries import EhrExports, Exports
from synthesis.fhir.exports import FhirExports
from synthesis.fhir.habits import HABITS
from synthesis.omop.exports import OmopExports

WRITERS_OF_FORMATS: dict[str, type[Exports]] = {"ehr": EhrExports, "fhir": FhirExports, "omop": OmopExports}


@dataclass(frozen=True)
class Site:
    """A clinic as it was, and as it writes in each of its formats."""

    clinic: Clinic
    written: dict[str, Clinic]

    def exports(self, root: Path) -> dict[str, Exports]:
        """Its files in each format."""
        return {name: WRITERS_OF_FORMATS[name](root, clinic) for name, clinic in self.written.items()}


def _in_format(name: str, clinic: Clinic, position: int) -> Clinic:
    """The clinic with the habits that its system has in this format."""
    if name == "ehr":
        return clinic
    # no format but the flat tables knows types by hand, a column too many or names of tables without records
    shared = replace(clinic, format=name, date_style="iso", spelling=0, is_native_parquet=False, extra_column=None)
    if name == "fhir":
        offset = HABITS[position % len(HABITS)].offset
        return replace(shared, clock_style=f"THH:MM:SS{offset}", code_style=_code_style(clinic))
    return replace(shared, clock_style=" HH:MM:SS", code_style=_code_style(clinic), has_numbers_as_ids=True)


def _code_style(clinic: Clinic) -> str:
    """Codes stand alone in coded formats: names and blanks are not written beside them."""
    return {"described": "plain", "lower": "undotted"}.get(clinic.code_style, clinic.code_style)


def sites(formats: tuple[str, ...], is_mirrored: bool, clinics: tuple[Clinic, ...] = CLINICS) -> list[Site]:
    """All clinics: each in one format, in turn, or each in every format with the same ids."""
    planned = []
    for position, clinic in enumerate(clinics):
        if is_mirrored:
            plain = replace(clinic, has_numbers_as_ids=True, code_style="plain")
            planned.append(Site(plain, {name: _in_format(name, plain, position) for name in formats}))
        else:
            name = formats[position % len(formats)]
            written = _in_format(name, clinic, position)
            planned.append(Site(written, {name: written}))
    return planned
