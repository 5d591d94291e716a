"""What a row says of the rows before it that have the same parent."""
