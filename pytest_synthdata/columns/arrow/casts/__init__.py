"""Values of one type as those of another, as Spark has them: casts, and numbers and texts in each other's form."""
