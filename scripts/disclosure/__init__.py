"""Disclosure control: which counts may be told, so that no small one follows from the others."""
