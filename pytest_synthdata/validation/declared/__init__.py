"""What declarations promise: of a cell as statistics sees it, of a row, and in the forms of other tools."""
