"""A pipeline with a bug in it."""
