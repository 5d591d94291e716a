"""The kinds of defects: what each changes cells, rows, references and keys into."""
