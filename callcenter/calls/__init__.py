"""Calls, the agent's desk, wrap-up and the callers' index."""
