"""Values over time, many for each parent."""
