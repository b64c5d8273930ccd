"""The same records as tables of the OMOP Common Data Model."""
