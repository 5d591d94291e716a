"""Tables of Unity Catalog: their columns, constraints and statistics, without a row of them."""
