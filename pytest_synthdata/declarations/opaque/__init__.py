"""What only factory_boy can evaluate, row by row."""
