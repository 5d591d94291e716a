"""Which parent a row gets: darts, weights, and no parent twice."""
