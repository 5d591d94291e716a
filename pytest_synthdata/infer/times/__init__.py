"""Columns of dates and times: on a timeline, in a grid, spread out, or written as text."""
