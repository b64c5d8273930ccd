"""Looks at a raw folder before anything is read: which files there are, and whether they changed."""
