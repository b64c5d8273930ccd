"""Reads deliveries of clinics into the schema `raw` of a warehouse, exactly and without guessing."""
