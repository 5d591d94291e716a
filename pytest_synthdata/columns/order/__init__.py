"""The order of time: which rows of a table come when, and those of any period without the rest."""
