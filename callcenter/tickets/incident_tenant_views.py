"""The private page of somebody who reported an incident and has no request of the own.

As the tenant's page: the address is the key (see ``public_pages``).
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.core import clock
from callcenter.tickets.incident_links import find_subscriber
from callcenter.tickets.incident_states import IncidentState, SubscriberAnswer
from callcenter.tickets.public_pages import ClosedLinkError, PrivatePages
from callcenter.tickets.queries.incident_tenant import get_subscriber_view
from callcenter.tickets.rules import LINK_WEEKS_AFTER_END
from callcenter.tickets.services.incident_ends import answer_of_subscriber, stop_news
from callcenter.ui.access import public
from callcenter.ui.theme import Face

blueprint = Blueprint("incident_tenant", __name__, url_prefix="/i")

_DONE: Final[dict[str, LazyString]] = {
    "fixed": _l("Merci de nous l'avoir dit."),
    "not-fixed": _l("C'est noté : nous regardons ce qui ne va pas encore chez vous."),
    "stop": _l("Vous ne recevrez plus de nouvelles de cet incident."),
}


@dataclass(frozen=True, slots=True)
class _Opened:
    """Whose page of an incident an address opens."""

    member_id: int
    link_id: int


def _find(token: str) -> _Opened | None:
    found = find_subscriber(token)
    return None if found is None else _Opened(found.member_id, found.id)


_pages = PrivatePages(blueprint, _find)


@blueprint.get("/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """Show the incident behind the address."""
    return _show(token, _pages.open(token))


@blueprint.post("/<token>/fixed")
@public
def fixed(token: str) -> ResponseReturnValue:
    """Hear whether it is really fixed at this person's home."""
    yes = request.form.get("answer") == "yes"
    said = SubscriberAnswer.FIXED if yes else SubscriberAnswer.NOT_FIXED
    return _pages.act(
        token,
        lambda key, _token: answer_of_subscriber(key.member_id, key.link_id, said),
        _show,
        "fixed" if yes else "not-fixed",
    )


@blueprint.post("/<token>/stop")
@public
def stop(token: str) -> ResponseReturnValue:
    """Stop the news of this incident."""
    return _pages.act(
        token, lambda key, _token: stop_news(key.member_id, key.link_id), _show, "stop"
    )


def _show(token: str, key: _Opened, *, error: str = "", status: int = 200) -> Response:
    view = get_subscriber_view(key.member_id, key.link_id)
    ended = view.incident.resolved_at
    if ended is not None and ended + timedelta(weeks=LINK_WEEKS_AFTER_END) < clock.now():
        raise ClosedLinkError
    face = Face(
        name=view.member.name,
        colour=view.member.accent_colour,
        phone=view.phone,
        hours=view.member.opening_hours,
    )
    body = render_template(
        "tenant/incident.html",
        face=face,
        incident=view.incident,
        subscriber=view.subscriber,
        news=view.news,
        token=token,
        form_token=uuid.uuid4().hex,
        is_open=view.incident.state == IncidentState.OPEN,
        done=_DONE.get(request.args.get("done", ""), "") if not error else "",
        error=error,
    )
    return make_response(body, status)
