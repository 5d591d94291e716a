"""References between tables, and how often rows are referred to."""
