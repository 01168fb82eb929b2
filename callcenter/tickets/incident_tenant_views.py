"""The private page of somebody who reported an incident and has no request of the own.

As the tenant's page (see ``tenant_views``): the address is the key, there is no account, no
session and no script.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Scope, enter_scope
from callcenter.core.rates import allowed
from callcenter.tickets.incident_links import find_subscriber
from callcenter.tickets.incident_states import IncidentState, SubscriberAnswer
from callcenter.tickets.public_pages import from_here
from callcenter.tickets.queries.incident_tenant import get_subscriber_view
from callcenter.tickets.rules import LINK_WEEKS_AFTER_END
from callcenter.tickets.services.incident_ends import answer_of_subscriber, stop_news
from callcenter.ui.access import public
from callcenter.ui.theme import Face

blueprint = Blueprint("incident_tenant", __name__, url_prefix="/i")

# As generous as the tenant's page.
_PER_ADDRESS: Final = "300 per minute"
_MISSES_PER_ADDRESS: Final = "60 per minute"

_DONE: Final[dict[str, LazyString]] = {
    "fixed": _l("Merci de nous l'avoir dit."),
    "not-fixed": _l("C'est noté : nous regardons ce qui ne va pas encore chez vous."),
    "stop": _l("Vous ne recevrez plus de nouvelles de cet incident."),
}


class _ClosedError(Exception):
    """Unknown or expired: one and the same answer."""


class _TooManyError(Exception):
    """More requests than a person makes."""


@blueprint.get("/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """Show the incident behind the address."""
    return _show(token, *_open(token))


@blueprint.post("/<token>/fixed")
@public
def fixed(token: str) -> ResponseReturnValue:
    """Hear whether it is really fixed at this person's home."""
    yes = request.form.get("answer") == "yes"
    said = SubscriberAnswer.FIXED if yes else SubscriberAnswer.NOT_FIXED
    return _act(
        token, lambda m, s: answer_of_subscriber(m, s, said), "fixed" if yes else "not-fixed"
    )


@blueprint.post("/<token>/stop")
@public
def stop(token: str) -> ResponseReturnValue:
    """Stop the news of this incident."""
    return _act(token, stop_news, "stop")


@blueprint.errorhandler(_ClosedError)
@blueprint.errorhandler(NotFound)
def closed_link(_error: Exception) -> Response:
    """Answer for an address that opens nothing: what to do, and nothing about why."""
    return make_response(render_template("tenant/closed.html", face=Face(name="Coo.Pairs")), 404)


@blueprint.errorhandler(_TooManyError)
def too_many(_error: _TooManyError) -> Response:
    """Answer somebody who asks too often."""
    shown = render_template("tenant/too_many.html", face=Face(name="Coo.Pairs"))
    response = make_response(shown, 429)
    response.headers["Retry-After"] = "60"
    return response


@blueprint.after_request
def keep_out(response: Response) -> Response:
    """Keep the page out of search engines and of other sites' referrers."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _open(token: str) -> tuple[int, int]:
    """Find whose page it is, narrow the scope to that member, return (member, subscriber)."""
    address = request.remote_addr or "?"
    if not allowed(_PER_ADDRESS, "incident-page", address):
        raise _TooManyError
    with session_scope(Scope(everything=True)):
        found = find_subscriber(token)
        ids = None if found is None else (found.member_id, found.id)
    if ids is None:
        if not allowed(_MISSES_PER_ADDRESS, "incident-page-miss", address):
            raise _TooManyError
        raise _ClosedError
    enter_scope(Scope(member_ids=frozenset({ids[0]})))
    return ids


def _show(
    token: str, member_id: int, subscriber_id: int, *, error: str = "", status: int = 200
) -> Response:
    view = get_subscriber_view(member_id, subscriber_id)
    ended = view.incident.resolved_at
    if ended is not None and ended + timedelta(weeks=LINK_WEEKS_AFTER_END) < clock.now():
        raise _ClosedError
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


def _act(token: str, run: Callable[[int, int], None], done: str) -> ResponseReturnValue:
    member_id, subscriber_id = _open(token)
    if not from_here():
        message = _("Ouvrez cette page depuis le lien reçu, puis recommencez.")
        return _show(token, member_id, subscriber_id, error=message, status=400)
    with transaction():
        run(member_id, subscriber_id)
    return redirect(url_for("incident_tenant.page", token=token, done=done), code=303)


@blueprint.record_once
def _without_session(state: BlueprintSetupState) -> None:
    """These forms have no session, hence no token of it (see ``tenant_views``)."""
    protection = state.app.extensions.get("csrf")
    if protection is not None:
        protection.exempt(blueprint)
