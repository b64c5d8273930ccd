"""The sample network: invented patients with a known truth, written as clinics' record systems would deliver them.

One clinic is made in chunks of patients; each chunk goes through these steps, one module each:

    people -> infusions -> symptoms -> questionnaires -> diagnoses, visits    what really happened (the truth)
    *_records -> mess -> deliveries                                          what a clinic's export makes of it
    truth                                                                     what the tests may look up

`parameters` holds every number of the mechanism, `clinics` the habits of each clinic, `spellings` how people write.
Nothing here knows how the warehouse reads, vets or counts: events are simulated in time, so what a form follows or
which course a session belongs to is known because it was made that way.
"""
