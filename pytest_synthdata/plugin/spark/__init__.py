"""Spark in a test run: whose session tests get, and what is said of it at the end."""
