"""A dimension of customers with all their versions."""
