"""Planted defects: kinds, the dirty table that has them, and the labels that say where they are.

Part of what travels to Spark's executors: imports the engine, NumPy and Arrow, and nothing else.
"""
