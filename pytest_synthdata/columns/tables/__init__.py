"""Plans with a seed and a number of rows: whole tables, subsets of them, and what every sink may ask of them."""
