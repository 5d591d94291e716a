"""`build()`: one row of a table as factory_boy gives it."""
