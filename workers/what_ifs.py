"""Drafts of rules tried on past tickets, in the background; a few short transactions each."""

import time

from flask import Flask

from callcenter.core import queues
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.core.queues import Job
from callcenter.tickets.queries.what_ifs import get_what_if, list_stalled
from callcenter.tickets.services import what_ifs
from workers.process import settings_of

_EVERYTHING = Scope(everything=True)
_TELL_EVERY_SECONDS = 0.5


def run(what_if_id: int) -> None:
    """Do a trial that waits; one that another worker does, or that is over, is left alone."""
    with session_scope(_EVERYTHING), transaction():
        found = what_ifs.take_up(what_if_id)
        member_id = found.member_id if found else None
    if found is None or member_id is None:
        return
    own = Scope(member_ids=frozenset({member_id}))
    try:
        _run(what_if_id, own)
    except Exception:
        with session_scope(own), transaction():
            what_ifs.fail_what_if(what_if_id)
        raise


def _run(what_if_id: int, own: Scope) -> None:
    told = time.monotonic()
    with session_scope(own), transaction():
        trial = what_ifs.Trial(get_what_if(what_if_id))
    more = True
    while more:
        with session_scope(own), transaction():
            more = trial.step()
            if time.monotonic() - told >= _TELL_EVERY_SECONDS:
                told = time.monotonic()
                what_ifs.tell_progress(what_if_id, trial.tally.examined)
    with session_scope(own), transaction():
        what_ifs.end_what_if(what_if_id, trial.tally)


def look_after_what_ifs(app: Flask) -> int:
    """Hand out again the trials that Redis forgot or whose worker was killed."""
    with session_scope(_EVERYTHING):
        stalled = list_stalled(what_ifs.SILENCE)
    for what_if_id in stalled:
        queues.enqueue(settings_of(app).redis_url, Job.TRY_RULES, what_if_id)
    return len(stalled)
