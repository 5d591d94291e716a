"""What columns and tables have to do with each other."""
