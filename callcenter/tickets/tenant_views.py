"""The tenant's private page: no account, no session, no script.

The address is the key. It is looked up by digest under the scope of the machinery, then the
rest of the request sees that one member alone. A form carries its own token (a double click
acts once); what stops another site from sending one is the secret in the address and the
browser's word on where the form stood.
"""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.core import clock
from callcenter.core.db import db, session_scope, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Scope, enter_scope
from callcenter.core.rates import allowed
from callcenter.tickets import services
from callcenter.tickets.links import find_link, note_opened
from callcenter.tickets.models import Ticket
from callcenter.tickets.public_pages import from_here, photo_response, sent_picture
from callcenter.tickets.queries.incidents import get_incident_of_ticket
from callcenter.tickets.queries.photos import get_photo, list_photos
from callcenter.tickets.queries.tenant import get_tenant_view
from callcenter.tickets.rules import TENANT_TEXT_MAX, is_open
from callcenter.tickets.states import TicketState, VisitAnswer
from callcenter.tickets.tenant_page import (
    history,
    step_details,
    step_names,
    step_now,
    visit_words,
)
from callcenter.ui.access import public
from callcenter.ui.forms import clean_text
from callcenter.ui.theme import Face

blueprint = Blueprint("tenant", __name__, url_prefix="/s")

# Generous: a whole town may share one address of a mobile operator.
_PER_ADDRESS: Final = "300 per minute"
_MISSES_PER_ADDRESS: Final = "60 per minute"
_PER_LINK: Final = "60 per minute"
_OPENED_EVERY: Final = timedelta(hours=1)

_DONE: Final[dict[str, LazyString]] = {
    "word": _l("Merci, votre message est transmis."),
    "fixed": _l("Merci : votre demande est close."),
    "not-fixed": _l("Votre demande est rouverte. Nous la reprenons et vous tiendrons au courant."),
    "visit-yes": _l("Merci, le rendez-vous est confirmé."),
    "visit-other": _l("C'est noté : nous vous proposerons un autre créneau."),
    "stop": _l("Vous ne recevrez plus de SMS à ce numéro. Cette page reste ouverte."),
}


class _ClosedLinkError(Exception):
    """Unknown, revoked or expired: one and the same answer."""


class _TooManyError(Exception):
    """More requests than a person makes."""


@blueprint.get("/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """Show the request behind the link."""
    member_id, ticket_id = _open(token)
    return _show(token, member_id, ticket_id)


@blueprint.post("/<token>/word")
@public
def word(token: str) -> ResponseReturnValue:
    """Add what the tenant wrote."""

    def run(member_id: int, ticket_id: int, form_token: str) -> Ticket:
        picture = sent_picture(str(ticket_id))
        body = _typed("body")
        if picture is None:
            return services.tenant_adds_word(member_id, ticket_id, body, form_token=form_token)
        return services.tenant_adds_photo(
            member_id, ticket_id, picture, body, form_token=form_token
        )

    return _act(token, run, "word")


@blueprint.get("/<token>/photos/<int:photo_id>")
@public
def photo(token: str, photo_id: int) -> ResponseReturnValue:
    """Show one photograph of the request."""
    member_id, ticket_id = _open(token)
    return photo_response(get_photo(member_id, ticket_id, photo_id))


@blueprint.post("/<token>/fixed")
@public
def fixed(token: str) -> ResponseReturnValue:
    """Hear whether it is really fixed: yes closes, no reopens."""
    if request.form.get("answer") == "yes":
        return _act(
            token,
            lambda m, t, form_token: services.tenant_says_fixed(m, t, form_token=form_token),
            "fixed",
        )
    return _act(
        token,
        lambda m, t, form_token: services.tenant_says_not_fixed(
            m, t, _typed("body"), form_token=form_token
        ),
        "not-fixed",
    )


@blueprint.post("/<token>/visit")
@public
def visit(token: str) -> ResponseReturnValue:
    """Hear whether the visit suits."""
    answer = VisitAnswer.YES if request.form.get("answer") == "yes" else VisitAnswer.OTHER
    number = request.form.get("visit", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):  # noqa: PLR2004 - bigint
        number = "0"

    def run(member_id: int, ticket_id: int, form_token: str) -> Ticket:
        return services.tenant_confirms_visit(
            member_id, ticket_id, int(number), answer, note=_typed("body"), form_token=form_token
        )

    return _act(token, run, f"visit-{answer}")


@blueprint.post("/<token>/stop")
@public
def stop(token: str) -> ResponseReturnValue:
    """Stop the member's messages to this number."""
    return _act(
        token,
        lambda m, t, form_token: services.tenant_opts_out(m, t, form_token=form_token),
        "stop",
    )


@blueprint.errorhandler(_ClosedLinkError)
def closed_link(_error: _ClosedLinkError) -> Response:
    """Answer for a link that opens nothing: what to do, and nothing about why."""
    return make_response(render_template("tenant/closed.html", face=Face(name="Coo.Pairs")), 404)


@blueprint.errorhandler(NotFound)
def nothing_there(_error: NotFound) -> Response:
    """Answer the same for a row that is gone behind a good link."""
    return closed_link(_ClosedLinkError())


@blueprint.errorhandler(_TooManyError)
def too_many(_error: _TooManyError) -> Response:
    """Answer somebody who asks too often."""
    response = make_response(
        render_template("tenant/too_many.html", face=Face(name="Coo.Pairs")), 429
    )
    response.headers["Retry-After"] = "60"
    return response


@blueprint.after_request
def keep_out(response: Response) -> Response:
    """Keep the page out of search engines and of other sites' referrers."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _open(token: str) -> tuple[int, int]:
    """Find the link, narrow the scope to its member, and return the member's and ticket's ids."""
    address = request.remote_addr or "?"
    if not allowed(_PER_ADDRESS, "tenant", address):
        raise _TooManyError
    with session_scope(Scope(everything=True)):
        link = find_link(token)
        found = None if link is None else (link.member_id, link.ticket_id, link.id)
        opened = None if link is None else link.last_opened_at
    if found is None:
        if not allowed(_MISSES_PER_ADDRESS, "tenant-miss", address):
            raise _TooManyError
        raise _ClosedLinkError
    member_id, ticket_id, link_id = found
    if not allowed(_PER_LINK, "tenant-link", str(link_id)):
        raise _TooManyError
    enter_scope(Scope(member_ids=frozenset({member_id})))
    if opened is None or clock.now() - opened > _OPENED_EVERY:
        with transaction():
            note_opened(member_id, link_id)
    return member_id, ticket_id


def _show(
    token: str, member_id: int, ticket_id: int, *, error: str = "", status: int = 200
) -> Response:
    view = get_tenant_view(member_id, ticket_id)
    ticket = view.ticket
    face = Face(
        name=view.member.name,
        colour=view.member.accent_colour,
        phone=view.phone,
        hours=view.member.opening_hours,
    )
    done = _DONE.get(request.args.get("done", ""), "") if not error else ""
    body = render_template(
        "tenant/page.html",
        face=face,
        view=view,
        ticket=ticket,
        token=token,
        form_token=uuid.uuid4().hex,
        title=_("Votre demande") if ticket.restricted else ticket.title,
        steps=step_names(view),
        step=step_now(view),
        details=step_details(view),
        visit_words=visit_words(view),
        happenings=history(view),
        photos=list_photos(ticket),
        incident=get_incident_of_ticket(member_id, ticket_id),
        still_open=is_open(ticket.state),
        asks_fixed=ticket.state == TicketState.RESOLVED,
        ended=ticket.state in {TicketState.CLOSED, TicketState.CANCELLED},
        done=done,
        error=error,
        typed=request.form.get("body", "") if error else "",
        text_max=TENANT_TEXT_MAX,
    )
    return make_response(body, status)


def _act(token: str, run: Callable[[int, int, str], Ticket], done: str) -> ResponseReturnValue:
    member_id, ticket_id = _open(token)
    if not from_here():
        message = _("Ouvrez cette page depuis le lien reçu, puis recommencez.")
        return _show(token, member_id, ticket_id, error=message, status=400)
    form_token = request.form.get("form_token", "")[:64]
    try:
        with transaction():
            run(member_id, ticket_id, form_token)
    except UserError as error:
        db.session.expire_all()
        return _show(token, member_id, ticket_id, error=error.message, status=422)
    return redirect(url_for("tenant.page", token=token, done=done), code=303)


def _typed(name: str) -> str:
    return clean_text(request.form.get(name)) or ""


@blueprint.record_once
def _without_session(state: BlueprintSetupState) -> None:
    """These forms have no session, hence no token of it (see the module's words)."""
    protection = state.app.extensions.get("csrf")
    if protection is not None:
        protection.exempt(blueprint)
