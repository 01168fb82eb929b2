"""A new member's first minute: what several rooms give it, in one transaction.

Stands above members, routing and messaging, none of which knows the others' defaults.
"""
