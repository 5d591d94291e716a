"""The search for the least data that makes a test fail: pure, over rows that are positions in an order."""
