"""Foreign keys: which parent row a child row belongs to."""
