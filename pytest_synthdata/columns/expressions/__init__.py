"""Values computed from other columns: `col`, `when`, `@column`."""
