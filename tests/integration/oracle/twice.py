"""Forms that a clinic's system hands out twice: as a questionnaire and as the observations drawn from it."""


def mark_forms_given_twice(fates) -> None:
    """A form made of observations is a duplicate of the questionnaire that it names, or that says the same.

    The same: patient, instrument, calendar day and score. A questionnaire that is retracted or quarantined is none.
    """
    from tests.integration.oracle.fates import mapped_or_text
    from tests.integration.oracle.forms import score_columns

    def what(record) -> tuple:
        instrument = mapped_or_text(record, "instrument")
        name = instrument[1] if instrument and instrument[0] == "mapped" else None
        scored = score_columns(name, fates.answers.get(record.key, {}), record.value.get("total_score"))
        completed_at = record.value.get("completed_at")
        return fates.survivor(record), instrument, completed_at and completed_at.day, scored["score"]

    open_forms = [record for record in fates.tables["assessments"] if record.fate is None]
    questionnaires = [record for record in open_forms if not record.is_from_observations]
    ids = {record.key for record in questionnaires}
    said = {what(record) for record in questionnaires}
    for record in open_forms:
        if record.is_from_observations:
            same = what(record)
            is_comparable = same[2] is not None and same[3] is not None
            if (record.site_id, record.derived_from) in ids or (is_comparable and same in said):
                record.fate = "duplicate"
