"""From a build to a publication: environment, lock, fingerprint, checks, one atomic swap, a readable summary."""
