"""Factories from what is there: a schema, files, or a sample of a table."""

from pytest_synthdata.infer.tables import Inferred, infer_tables

__all__ = ["Inferred", "infer_tables"]
