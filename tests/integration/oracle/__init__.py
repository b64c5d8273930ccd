"""An independent, slow and plain reading of the project's rules.

Nothing in here shares code, seeds or SQL with the warehouse. The same raw deliveries go through both, and
`tests.integration.compare_warehouse` reports every cell on which they disagree. Exactness comes from
`fractions.Fraction`; keys are the clinics' own ids, `(site_id, patient_id)` and `(site_id, assessment_id)`,
because hashed keys can be mapped back through the core schema.

Modules, in the order of the path:
    aliases     spellings, code sets, instruments, studies: the oracle's own copies of what the seeds hold
    values      the text of one field -> a value
    reading     a folder of deliveries -> raw records, refused files, ignored inputs
    tables      the columns of the eight flat tables
    codes       code systems and codes of FHIR and OMOP
    ndjson, json_paths               lines of FHIR Bulk Data, values out of a resource
    fhir, fhir_records, fhir_forms   FHIR resources -> records of the flat tables
    omop_files, omop                 OMOP tables -> records of the flat tables
    twice       forms that came as a questionnaire and as observations
    fates       raw records -> one fate and one reason each
    sessions    accepted administrations -> infusion sessions, doses, inductions
    forms       accepted questionnaires -> scored forms and their place between sessions
    studies     eligibility, baselines, timepoints, outcomes
    statistics  intervals and effect sizes
    marts       every public table as a dictionary of rows
    audit       the accounting tables
    build       the whole path in one call
"""
