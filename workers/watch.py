"""The watch's chores: offers that ran out, silences. Each ticket is a transaction of its own.

Nothing here remembers anything: what is to be done is read from the database each time, and each
ticket is locked and looked at again before it is touched. Two clockworks, or one that is killed
and starts again, do each thing once.
"""

from flask import Flask

from callcenter.core.db import session_scope
from callcenter.core.isolation import Scope
from callcenter.members.queries import list_members
from callcenter.tickets.queries.watch import list_to_reassure, list_unanswered
from callcenter.tickets.services.unanswered import reassure, return_unanswered
from workers.process import one_by_one

_EVERYTHING = Scope(everything=True)
_BATCH = 500


def take_back_unanswered(_app: Flask) -> int:
    """Take back what was offered and not answered in time: the platform's triage has it."""
    with session_scope(_EVERYTHING):
        found = list_unanswered(_BATCH)
    return one_by_one(found, return_unanswered)


def reassure_silent(_app: Flask) -> int:
    """Tell the tenants of silent tickets, once per silence and by day, that we think of them."""
    with session_scope(_EVERYTHING):
        found = list_to_reassure([one.id for one in list_members()], _BATCH)
    return one_by_one(found, reassure)
