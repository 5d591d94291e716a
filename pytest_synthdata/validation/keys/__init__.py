"""Keys: whether each has its pattern and a number that a row can have, and whether any comes twice."""
