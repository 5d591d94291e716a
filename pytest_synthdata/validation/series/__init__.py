"""Series beside their parents: when readings are taken, and the values that are read."""
