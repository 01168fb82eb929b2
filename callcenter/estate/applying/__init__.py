"""Putting what a file says into the tables: set-based, in one transaction, repeatable."""
