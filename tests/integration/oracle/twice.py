"""Forms that a clinic's system hands out twice: as a questionnaire and as the observations drawn from it."""


def mark_forms_given_twice(fates) -> None:
    """A form made of observations is a duplicate of the questionnaire that it names, or that says the same.

    The same: patient, instrument, calendar day and score, which is the reported total or else the sum of what was
    answered. A questionnaire that is retracted, quarantined or without any score is none.
    """
    from tests.integration.oracle.fates import mapped_or_text
    from tests.integration.oracle.forms import sum_of_answers

    def what(record) -> tuple:
        instrument = mapped_or_text(record, "instrument")
        total = record.value.get("total_score")
        if total is None:
            total = sum_of_answers(instrument[1], fates.answers.get(record.key, {}))
        completed_at = record.value.get("completed_at")
        return fates.survivor(record), instrument, completed_at and completed_at.day, total

    open_forms = [record for record in fates.tables["assessments"] if record.fate is None]
    questionnaires = [record for record in open_forms if not record.is_from_observations]
    named = {(record.key, *what(record)[:2]) for record in questionnaires if what(record)[3] is not None}
    said = {what(record) for record in questionnaires}
    for record in open_forms:
        if record.is_from_observations:
            same = what(record)
            is_comparable = same[2] is not None and same[3] is not None
            is_named = ((record.site_id, record.derived_from), *same[:2]) in named
            if is_named or (is_comparable and same in said):
                record.fate = "duplicate"
