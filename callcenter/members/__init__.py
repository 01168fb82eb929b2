"""Organisations, agencies, teams, accounts, mandates, phone lines and calendars."""
