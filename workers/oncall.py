"""The clockwork's care of on-call: people are asked in turn, managers are told of gaps."""

import logging

from flask import Flask

from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope
from callcenter.oncall.gaps import tell_gaps
from callcenter.tickets.services.duty_asking import advance_page, list_due_pages
from workers.process import each_landlord

log = logging.getLogger(__name__)

_EVERYTHING = Scope(everything=True)


def ask_people_on_call(_app: Flask) -> int:
    """Ask whoever is to be asked now, one page and one transaction after the other."""
    with session_scope(_EVERYTHING):
        due = list_due_pages()
    done = 0
    for _member_id, page_id in due:
        # Everybody's scope: supervisors stand behind the platform's wall, the page behind its
        # member's.
        with session_scope(_EVERYTHING), transaction():
            done += advance_page(page_id)
    return done


def tell_managers_of_gaps(_app: Flask) -> int:
    """Write to the managers about the nights of the coming week that nobody covers."""
    return each_landlord(tell_gaps)
