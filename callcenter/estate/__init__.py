"""Residences, buildings, dwellings, contracts, the people who live there; import; search."""
