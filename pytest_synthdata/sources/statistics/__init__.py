"""Statistics that files and catalogs keep of tables: they are read without opening any data."""
