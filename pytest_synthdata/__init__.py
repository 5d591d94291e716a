"""Realistic, coherent, reproducible test data for PySpark pipelines."""
