"""The file system: files and folders that are whole or gone, and what it refuses in one line."""
