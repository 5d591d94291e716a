"""Intake of orders."""
