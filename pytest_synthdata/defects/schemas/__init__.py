"""Schemas that change: what is declared, the rows under it, and the truth about it."""
