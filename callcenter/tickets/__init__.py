"""Tickets, their events, assignments, visits and the tenant's private link."""
