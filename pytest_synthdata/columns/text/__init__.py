"""Texts: made of lists of words, of templates, and of a row's other columns."""
