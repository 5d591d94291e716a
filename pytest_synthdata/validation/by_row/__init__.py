"""Checks of columns whose law is another one in each row."""
