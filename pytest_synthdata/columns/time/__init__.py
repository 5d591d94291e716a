"""Dates, times and timelines."""
