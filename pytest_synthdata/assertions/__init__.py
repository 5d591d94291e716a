"""Asserts in tests: data is what factories declare, and defects are found or mended."""
