"""Spark: finding or starting a session, and turning tables into DataFrames."""
