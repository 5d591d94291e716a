"""Tables that change: rows that are born, updated and deleted, their snapshots, their changes and their versions."""
