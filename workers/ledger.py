"""The clockwork's look at how many messages arrive."""

from flask import Flask

from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.messaging import delivery_watch


def watch_delivery(_app: Flask) -> int:
    """Begin, keep up or end the alerts on the delivered share; return how many are in force."""
    with session_scope(Scope(everything=True)), transaction():
        return delivery_watch.watch_delivery()
