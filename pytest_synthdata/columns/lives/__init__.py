"""Rows that go through states over time."""
