"""Reading tickets, always through ``visibility``: what an actor may not see isn't there."""
