"""The whole sample network: clinic by clinic, chunk by chunk, so that memory does not grow with the patients."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from synthesis import parameters, truth
from synthesis.administration_records import administration_facts
from synthesis.clinics import CLINICS, Clinic, patients_of_each_clinic
from synthesis.deliveries import TABLES, Exports
from synthesis.diagnoses import make_diagnoses
from synthesis.faults.planting import Wish, plant_faults
from synthesis.form_records import answer_facts, form_facts
from synthesis.formats import WRITERS_OF_FORMATS, sites
from synthesis.infusions import make_other_treatments, make_sessions
from synthesis.mess import add_administration_copies, add_form_copies
from synthesis.patient_records import combine_cells, diagnosis_facts, patient_facts
from synthesis.people import Chunk, make_people, n_charts
from synthesis.questionnaires import make_forms
from synthesis.rows import Rows, count
from synthesis.text import Pen
from synthesis.visit_records import adverse_event_facts, medication_facts, vital_facts
from synthesis.visits import make_adverse_events, make_medications, make_vitals

EPOCH = date(1970, 1, 1)


def _chunks(position: int, n_eligible: int, seed: int) -> Iterator[tuple[int, int, np.random.SeedSequence]]:
    """Number, eligible patients and seeds of each chunk of a clinic; at least one, also without eligible patients."""
    size = parameters.PATIENTS_PER_CHUNK
    for number in range(max(1, -(-n_eligible // size))):
        seeds = np.random.SeedSequence(seed, spawn_key=(position, number))
        yield number, min(size, n_eligible - number * size), seeds


def write_network(
    n_patients: int,
    seed: int,
    out: Path,
    formats: tuple[str, ...] = ("ehr",),
    on_progress: Callable[[int], object] | None = None,
    is_mirrored: bool = False,
    faults: tuple[Wish, ...] = (),
) -> None:
    """Write the deliveries of all clinics and the truth into `out`.

    n_patients: patients eligible for ptsd_kit, exactly. The folders of all formats and `truth` in `out` are replaced,
    once everything is written: until then it lies in a folder beside `out`, so that nobody reads half a network.
    on_progress is called with the number of eligible patients just written. is_mirrored: every clinic in each of the
    formats, not in one of them. faults are planted into the finished files (LookupError: nothing can hold one).
    """
    unfinished = out.resolve().parent / f".{out.resolve().name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    _write_clinics(n_patients, seed, unfinished, formats, on_progress, is_mirrored)
    if faults:
        try:
            plant_faults(unfinished, faults, seed)
        except LookupError:
            shutil.rmtree(unfinished)
            raise
    out.mkdir(parents=True, exist_ok=True)
    for folder in (*WRITERS_OF_FORMATS, "truth"):
        shutil.rmtree(out / folder, ignore_errors=True)
        if (unfinished / folder).exists():
            shutil.move(unfinished / folder, out / folder)
    unfinished.rmdir()


def _write_clinics(
    n_patients: int,
    seed: int,
    out: Path,
    formats: tuple[str, ...],
    on_progress: Callable[[int], object] | None,
    is_mirrored: bool,
) -> None:
    """Write all clinics, one after the other."""
    files = truth.TruthFiles(out / "truth", names_formats=formats != ("ehr",))
    planned = sites(formats, is_mirrored, CLINICS)
    networks = {name: tuple(site.written[name] for site in planned if name in site.written) for name in formats}
    shares = patients_of_each_clinic(n_patients)
    for position, (site, n_eligible) in enumerate(zip(planned, shares, strict=True)):
        clinic = site.clinic
        exports = site.exports(out)
        days = tuple((delivery.delivered_on - EPOCH).days for delivery in clinic.deliveries)
        next_ids = dict.fromkeys(("patients", *TABLES), 1)
        for number, n_chunk, seeds in _chunks(position, n_eligible, seed):
            chunk = Chunk(
                clinic, number, n_chunk, next_ids["patients"], (clinic.live_on - EPOCH).days, days[-1] - 1, days, seeds
            )
            write_chunk(chunk, exports, files, next_ids, networks)
            if on_progress:
                on_progress(n_chunk)
        for name, files_of_format in exports.items():
            files.append("deliveries", truth.accounts_truth(clinic.site_id, files_of_format.close()), name)
            if files.names_formats:
                files.append("sites", truth.sites_truth(clinic.site_id), name)
    files.close()


def write_chunk(
    chunk: Chunk,
    exports: dict[str, Exports],
    files: truth.TruthFiles,
    next_ids: dict[str, int],
    networks: dict[str, tuple[Clinic, ...]],
) -> None:
    """Make one chunk of a clinic: first what happened, then how it is written and exported, then the truth of it."""
    people = make_people(chunk)
    sessions = make_sessions(chunk, people)
    others = make_other_treatments(chunk, people, sessions)
    diagnoses = make_diagnoses(chunk, people)
    vitals = make_vitals(chunk, people, sessions)
    events = make_adverse_events(chunk, sessions)
    medications = make_medications(chunk, people)
    forms, answers = make_forms(chunk, people, sessions)

    def first_id(table: str, rows: Rows) -> int:
        start = next_ids[table]
        next_ids[table] += count(rows)
        return start

    random = chunk.random(9)
    facts = {"patients": patient_facts(chunk, people)}
    facts["diagnoses"] = diagnosis_facts(people, diagnoses, first_id("diagnoses", diagnoses))
    if chunk.clinic.code_style == "several":
        facts["diagnoses"] = combine_cells(facts["diagnoses"])
    administrations = administration_facts(chunk, people, sessions, others, next_ids["medication_administrations"])
    next_ids["medication_administrations"] += count(administrations)
    facts["medication_administrations"] = add_administration_copies(people, administrations, random)
    facts["medications"] = medication_facts(people, medications, first_id("medications", medications))
    facts["vitals"] = vital_facts(people, vitals, first_id("vitals", vitals))
    form_rows = form_facts(chunk, people, forms, first_id("assessments", forms))
    form_rows, answers = add_form_copies(form_rows, answers, random)
    facts["assessments"] = form_rows
    facts["assessment_responses"] = answer_facts(form_rows, answers)
    facts["adverse_events"] = adverse_event_facts(people, events, first_id("adverse_events", events))

    for name, files_of_format in exports.items():
        written = replace(chunk, clinic=files_of_format.clinic, network=networks[name])
        fates = files_of_format.write_chunk(written, people, facts)
        files.append("fates", truth.fates_truth(chunk.clinic.site_id, fates), name)
    next_ids["patients"] += n_charts(people)

    pen = Pen(chunk.clinic, chunk.random(40))
    files.append("patients", truth.patients_truth(chunk, people, sessions, others, pen))
    files.append("merged_charts", truth.charts_truth(chunk, people, pen))
    true_sessions = truth.sessions_truth(chunk, people, sessions, pen)
    files.append("sessions", true_sessions)
    files.append("courses", truth.courses_truth(true_sessions))
    files.append("assessments", truth.forms_truth(chunk, people, sessions, form_rows, pen))
