"""Rows over time: when something happens to a row, as a pure function of its number."""
