"""One column at a time: which distribution, which dates, which texts."""
