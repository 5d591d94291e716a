"""Numbers: distributions under NumPy's names, whole numbers, quantiles, and their parameters."""
