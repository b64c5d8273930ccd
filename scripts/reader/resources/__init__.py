"""Reads FHIR resources, one a line, and takes from each what is declared and nothing else."""
