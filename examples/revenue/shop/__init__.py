"""A shop's reports."""
