"""What is said of a test that failed: the cells that differ, and how to get its data back."""
