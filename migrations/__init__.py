"""Numbered migrations. Every new table with a member's rows calls ``wall.raise_wall``."""
