"""Factories from what is there: a schema, files, or a sample of a table."""
