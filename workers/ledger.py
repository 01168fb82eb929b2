"""The clockwork's part of the SMS ledger: how many messages arrive, and months that are over."""

from flask import Flask

from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.messaging import delivery_watch
from callcenter.messaging.ledger_year import count_month, list_uncounted
from workers.process import one_by_one

# Months counted at a time, each in a short transaction of its own.
_AT_A_TIME = 40


def watch_delivery(_app: Flask) -> int:
    """Begin, keep up or end the alerts on the delivered share; return how many are in force."""
    with session_scope(Scope(everything=True)), transaction():
        return delivery_watch.watch_delivery()


def count_months(_app: Flask) -> int:
    """Count the months that are over and have no figures, or not their last; return how many."""
    with session_scope(Scope(everything=True)):
        found = list_uncounted(_AT_A_TIME)
    one_by_one(found, count_month)
    return len(found)
