"""References looked at: their picks, and how often each parent is expected."""
