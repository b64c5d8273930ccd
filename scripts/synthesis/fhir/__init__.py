"""The same records as FHIR R4 resources, one JSON line each, as Bulk Data exports carry them."""
