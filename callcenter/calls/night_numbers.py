"""Whom a caller's night emergency rings, and what happens when none of them answers."""

from typing import Final

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from callcenter.calls.models import Call
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.members.states import Service
from callcenter.oncall.models import OnCallPage
from callcenter.oncall.queries import Duty, list_duties, list_people
from callcenter.oncall.rules import choose_rota, order_of_asking
from callcenter.oncall.states import PageState

# A caller in danger is not rung through a whole list: then people are paged by SMS.
MOST_RUNG: Final = 3
# What a line's urgencies are about before anybody has asked: the syndic's own, or anything.
_CODES: Final = {Service.SYNDIC: "S-URG"}


def list_night_numbers(member_id: int, service: str) -> tuple[str, ...]:
    """Return the numbers to ring now, who is on duty first; empty without a rota."""
    duty = _duty(member_id, service)
    if duty is None:
        return ()
    people = {one.id: one.number for one in list_people([duty.rota_id])}
    order = order_of_asking(list(people), duty.person_id)
    return tuple(people[one] for one in order if one in people)[:MOST_RUNG]


def page_for_call(call: Call, line_name: str) -> bool:
    """Page people on call about a caller whom none of them answered; once per call.

    Returns False where the member keeps no rota: then the call is only somebody to call back.
    """
    duty = _duty(call.member_id, call.service)
    if duty is None:
        return False
    at = clock.now()
    with force_locale("fr"):
        title = str(_("Appel urgent sans réponse : à rappeler"))
    db.session.execute(
        insert(OnCallPage)
        .values(
            member_id=call.member_id,
            on_call_rota_id=duty.rota_id,
            call_id=call.id,
            title=title,
            place=line_name,
            caller_number=call.caller_number,
            state=PageState.CALLING,
            state_at=at,
            next_at=at,
            turns=0,
            acknowledged_by="",
            note="",
            created_at=at,
        )
        .on_conflict_do_nothing()
    )
    return True


def _duty(member_id: int, service: str) -> Duty | None:
    duties = [duty for _member, duty in list_duties([member_id], clock.now())]
    code = _CODES.get(Service(service), "") if service in set(Service) else ""
    return choose_rota(duties, code, "")
