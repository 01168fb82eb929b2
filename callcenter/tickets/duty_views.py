"""The page of whoever is asked at night, behind the private link of the SMS.

What, where, whom to ring, the danger first; "je prends", "je ne peux pas", "sur place", a note,
"terminé". Public: the link is the key; made for a telephone in the dark, without any script.
"""

import uuid
from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
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
from callcenter.oncall import words as oncall_words
from callcenter.oncall.links import OpenedPage, find_opened
from callcenter.oncall.models import OnCallAttempt, OnCallPage
from callcenter.tickets import words
from callcenter.tickets.page_context import answers_in_words
from callcenter.tickets.public_pages import from_here
from callcenter.tickets.queries.duty import get_duty_call
from callcenter.tickets.services import duty_answers
from callcenter.ui.access import public
from callcenter.ui.forms import clean_text
from callcenter.ui.theme import Face

blueprint = Blueprint("duty", __name__, url_prefix="/a")

_PER_ADDRESS: Final = "300 per minute"
_MISSES_PER_ADDRESS: Final = "60 per minute"

_DONE: Final[dict[str, LazyString]] = {
    "taken": _l("C'est noté : l'intervention est à vous."),
    "declined": _l("C'est noté : la personne suivante est prévenue."),
    "arrived": _l("C'est noté : vous êtes sur place."),
    "note": _l("Votre note est enregistrée."),
    "done": _l("Merci. L'équipe du matin le verra."),
}


class _ClosedLinkError(Exception):
    """Unknown or too old: one and the same answer."""


class _TooManyError(Exception):
    """More requests than a person makes."""


@blueprint.get("/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """Show what is asked."""
    link = _open(token)
    with transaction():
        attempt = db.session.get_one(OnCallAttempt, link.attempt_id)
        attempt.opened_at = attempt.opened_at or clock.now()
    return _show(token, link)


@blueprint.post("/<token>/take")
@public
def take(token: str) -> ResponseReturnValue:
    """Take it."""
    return _act(
        token, lambda link: duty_answers.acknowledge(link.page_id, link.attempt_id), "taken"
    )


@blueprint.post("/<token>/decline")
@public
def decline(token: str) -> ResponseReturnValue:
    """Say "je ne peux pas": the next person is asked."""
    return _act(
        token,
        lambda link: duty_answers.decline(link.page_id, link.attempt_id, _typed("note")),
        "declined",
    )


@blueprint.post("/<token>/arrive")
@public
def arrive(token: str) -> ResponseReturnValue:
    """Say "je suis sur place"."""
    return _act(token, lambda link: duty_answers.arrive(link.page_id, link.attempt_id), "arrived")


@blueprint.post("/<token>/note")
@public
def note(token: str) -> ResponseReturnValue:
    """Add a word for the morning."""
    return _act(
        token,
        lambda link: duty_answers.add_note(link.page_id, link.attempt_id, _typed("note")),
        "note",
    )


@blueprint.post("/<token>/done")
@public
def done(token: str) -> ResponseReturnValue:
    """Say that the night's work is done."""

    def run(link: OpenedPage) -> OnCallPage:
        how = request.form.get("how")
        if how not in {"resolved", "secured"}:
            raise UserError(_("Dites si c'est réparé, ou mis en sécurité."))
        return duty_answers.end_duty(
            link.page_id, link.attempt_id, resolved=how == "resolved", note=_typed("note")
        )

    return _act(token, run, "done")


@blueprint.errorhandler(_ClosedLinkError)
@blueprint.errorhandler(NotFound)
def closed_link(_error: Exception) -> Response:
    """Answer for a link that opens nothing."""
    face = Face(name="Coo.Pairs")
    return make_response(render_template("partner/closed.html", face=face), 404)


@blueprint.errorhandler(_TooManyError)
def too_many(_error: _TooManyError) -> Response:
    """Answer somebody who asks too often."""
    face = Face(name="Coo.Pairs")
    response = make_response(render_template("tenant/too_many.html", face=face), 429)
    response.headers["Retry-After"] = "60"
    return response


@blueprint.after_request
def keep_out(response: Response) -> Response:
    """Keep the page out of search engines and of other sites' referrers."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _open(token: str) -> OpenedPage:
    """Find the link and narrow the scope to its member."""
    address = request.remote_addr or "?"
    if not allowed(_PER_ADDRESS, "duty", address):
        raise _TooManyError
    with session_scope(Scope(everything=True)):
        link = find_opened(token)
    if link is None:
        if not allowed(_MISSES_PER_ADDRESS, "duty-miss", address):
            raise _TooManyError
        raise _ClosedLinkError
    enter_scope(Scope(member_ids=frozenset({link.member_id})))
    return link


def _show(
    token: str, link: OpenedPage, *, error: str = "", opened: str = "", status: int = 200
) -> Response:
    call = get_duty_call(link.page_id, link.attempt_id)
    ticket = call.ticket
    secret = ticket is not None and ticket.restricted
    body = render_template(
        "duty/page.html",
        face=Face(name=call.member.name, colour=call.member.accent_colour, phone=call.member.phone),
        call=call,
        ticket=ticket,
        secret=secret,
        answers=answers_in_words(call.questions or [], ticket.answers) if ticket else [],
        words=words,
        oncall_words=oncall_words,
        token=token,
        form_token=uuid.uuid4().hex,
        note_max=duty_answers.NOTE_MAX,
        done=_DONE.get(request.args.get("done", ""), "") if not error else "",
        error=error,
        opened=opened,
        typed=request.form if error else {},
    )
    return make_response(body, status)


def _act(token: str, run: Callable[[OpenedPage], OnCallPage], done: str) -> ResponseReturnValue:
    link = _open(token)
    here = request.path.rpartition("/")[2]
    if not from_here():
        message = _("Ouvrez cette page depuis le lien reçu, puis recommencez.")
        return _show(token, link, error=message, opened=here, status=400)
    try:
        with transaction():
            run(link)
    except UserError as error:
        db.session.expire_all()
        return _show(token, link, error=error.message, opened=here, status=422)
    return redirect(url_for("duty.page", token=token, done=done), code=303)


def _typed(name: str) -> str:
    return clean_text(request.form.get(name)) or ""


@blueprint.record_once
def _without_session(state: BlueprintSetupState) -> None:
    """These forms have no session, hence no token of it (see the module's words)."""
    protection = state.app.extensions.get("csrf")
    if protection is not None:
        protection.exempt(blueprint)
