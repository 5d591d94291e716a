"""Databricks: tables in Unity Catalog Volumes, and code on its computers."""
