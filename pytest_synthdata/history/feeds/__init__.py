"""What happened in a table, told in order: changes in any format, late ones, and versions."""
