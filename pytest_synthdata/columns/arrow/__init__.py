"""Arrays between columns: their types, casts, Python objects and fingerprints."""
