"""Inferred factories as Python source."""
