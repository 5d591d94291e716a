"""Rows that belong together: those of a parent, of a group, and the columns that sum them up or count them."""
