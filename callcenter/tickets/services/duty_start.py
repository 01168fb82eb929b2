"""At night an urgent request pages the person on duty: which rota, when, and said in words."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from flask_babel import force_locale
from flask_babel import gettext as _

from callcenter.core.db import db
from callcenter.oncall.models import OnCallPage
from callcenter.oncall.queries import Duty, find_duty
from callcenter.oncall.states import ContractRule, PageState
from callcenter.routing.queries import get_routing
from callcenter.routing.rule_types import Step
from callcenter.routing.services import RoutePreview
from callcenter.routing.states import DestinationKind, Priority
from callcenter.routing.wording import explain_rejected
from callcenter.tickets.models import Ticket

# Nobody is sent out for these: the agent answers, or tells where to turn.
_NOBODY_GOES: Final = frozenset({DestinationKind.CALL_AGENT, DestinationKind.SIGNPOST})


def reaches_on_call(route: RoutePreview) -> bool:
    """Say whether such a request asks for the person on duty: P0-P1, out of hours.

    By day, only what is the on-call service's itself (gas, fire), and only while somebody
    stands there (see ``page_on_duty``).
    """
    if not route.priority.is_urgent or route.decision.destination_kind in _NOBODY_GOES:
        return False
    return route.at_night or route.decision.destination_kind is DestinationKind.ON_CALL


def with_duty(
    route: RoutePreview, member_id: int, code: str, equipment: str, at: datetime, lang: str = "fr"
) -> tuple[RoutePreview, Duty | None]:
    """Return the decision with who is on duty in its explanation, and that duty.

    Two statements for what reaches the on-call service, none for the rest.
    """
    if not reaches_on_call(route):
        return route, None
    book = get_routing(member_id).book
    duty = find_duty(member_id, code, equipment, at, book.calendar)
    if not route.at_night and (duty is None or duty.person_id is None):
        return route, None
    step = _step(book.member.name, duty, asked_in=_wait(route, duty))
    kept: dict[str, Any] = {**route.kept}
    kept["steps"] = [*kept["steps"], [step.code, dict(step.params)]]
    said = [*route.explanation, *explain_rejected([step], lang)]
    return replace(route, kept=kept, explanation=said), duty


def page_on_duty(ticket: Ticket, route: RoutePreview, duty: Duty | None, at: datetime) -> None:
    """Ask for the person on duty in the present transaction; the clockwork does the asking.

    Without any rota the page goes to the supervisor at once: a night emergency never waits
    unseen.
    """
    if not reaches_on_call(route) or (duty is None and not route.at_night):
        return
    db.session.add(
        OnCallPage(
            member_id=ticket.member_id,
            on_call_rota_id=duty.rota_id if duty else None,
            ticket_id=ticket.id,
            title=_title(ticket),
            place=ticket.place,
            caller_number=ticket.contact_number,
            state=PageState.CALLING,
            state_at=at,
            next_at=at + timedelta(minutes=_wait(route, duty)),
            created_at=at,
        )
    )


def _title(ticket: Ticket) -> str:
    """Return what lists may say of it: those who read them may not all read the ticket."""
    with force_locale("fr"):
        return str(_("Urgence à lecture restreinte")) if ticket.restricted else ticket.title


def _wait(route: RoutePreview, duty: Duty | None) -> int:
    """Return in how many minutes the first person is asked.

    A contractor who answers around the clock has the delay of the rota to accept, where the
    rota says so; a danger (P0) never waits.
    """
    waits = (
        duty is not None
        and duty.when_contract == ContractRule.IF_SILENT
        and route.decision.contract_id is not None
        and route.priority is not Priority.P0
    )
    return duty.acknowledge_minutes if duty is not None and waits else 0


def _step(member: str, duty: Duty | None, asked_in: int) -> Step:
    if duty is None:
        return Step("on_duty_no_rota", {"member": member})
    if duty.person_id is None:
        return Step("on_duty_nobody", {"member": member, "rota": duty.rota_name})
    params = {
        "member": member,
        "rota": duty.rota_name,
        "person": duty.name,
        "till": duty.until.isoformat() if duty.until else None,
    }
    if asked_in:
        return Step("on_duty_later", {**params, "minutes": asked_in})
    return Step("on_duty", params)
