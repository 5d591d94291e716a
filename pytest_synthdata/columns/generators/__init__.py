"""Generators: small frozen objects that turn row numbers into an array of values."""
