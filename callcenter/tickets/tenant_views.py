"""The tenant's private page: no account, no session, no script (see ``public_pages``)."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.tickets import services
from callcenter.tickets.links import find_link, note_opened
from callcenter.tickets.public_pages import PrivatePages, photo_response, sent_pictures
from callcenter.tickets.queries.incidents import get_incident_of_ticket
from callcenter.tickets.queries.photos import get_photo, list_photos
from callcenter.tickets.queries.tenant import TenantView, get_tenant_view
from callcenter.tickets.rules import SCORES, TENANT_TEXT_MAX, is_open
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
from callcenter.ui.i18n import chosen_language, keep_language
from callcenter.ui.theme import Face

blueprint = Blueprint("tenant", __name__, url_prefix="/s")

_OPENED_EVERY: Final = timedelta(hours=1)

_DONE: Final[dict[str, LazyString]] = {
    "word": _l("Merci, votre message est transmis."),
    "fixed": _l("Merci : votre demande est close."),
    "not-fixed": _l("Votre demande est rouverte. Nous la reprenons et vous tiendrons au courant."),
    "visit-yes": _l("Merci, le rendez-vous est confirmé."),
    "visit-other": _l("C'est noté : nous vous proposerons un autre créneau."),
    "rated": _l("Merci pour votre avis."),
    "language": _l("C'est noté : nous vous écrirons dans cette langue."),
    "stop": _l("Vous ne recevrez plus de SMS à ce numéro. Cette page reste ouverte."),
    "start": _l("Vous recevrez de nouveau nos SMS."),
}


@dataclass(frozen=True, slots=True)
class _Opened:
    """The request that an address opens, and when it was last opened."""

    member_id: int
    link_id: int
    ticket_id: int
    before: datetime | None


def _find(token: str) -> _Opened | None:
    link = find_link(token)
    if link is None:
        return None
    return _Opened(link.member_id, link.id, link.ticket_id, link.last_opened_at)


_pages = PrivatePages(blueprint, _find)


@blueprint.get("/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """Show the request behind the link."""
    key = _pages.open(token)
    if key.before is None or clock.now() - key.before > _OPENED_EVERY:
        with transaction():
            note_opened(key.member_id, key.link_id)
    return _show(token, key)


@blueprint.post("/<token>/word")
@public
def word(token: str) -> ResponseReturnValue:
    """Add what the tenant wrote, and photographs."""

    def run(key: _Opened, form_token: str) -> object:
        pictures = sent_pictures(str(key.ticket_id))
        if not pictures:
            return services.tenant_adds_word(
                key.member_id, key.ticket_id, _typed("body"), form_token=form_token
            )
        return services.tenant_adds_photos(
            key.member_id, key.ticket_id, pictures, _typed("body"), form_token=form_token
        )

    return _pages.act(token, run, _show, "word")


@blueprint.get("/<token>/photos/<int:photo_id>")
@public
def photo(token: str, photo_id: int) -> ResponseReturnValue:
    """Show one photograph of the request."""
    key = _pages.open(token)
    return photo_response(get_photo(key.member_id, key.ticket_id, photo_id))


@blueprint.post("/<token>/fixed")
@public
def fixed(token: str) -> ResponseReturnValue:
    """Hear whether it is really fixed: yes closes, no reopens."""
    if request.form.get("answer") == "yes":
        return _act(token, services.tenant_says_fixed, "fixed")
    return _act(
        token,
        lambda member_id, ticket_id, *, form_token: services.tenant_says_not_fixed(
            member_id, ticket_id, _typed("body"), form_token=form_token
        ),
        "not-fixed",
    )


@blueprint.post("/<token>/rate")
@public
def rate(token: str) -> ResponseReturnValue:
    """Hear what the tenant thinks of it: a mark, and a word."""
    score = request.form.get("score", "")
    return _act(
        token,
        lambda member_id, ticket_id, *, form_token: services.tenant_rates(
            member_id,
            ticket_id,
            int(score) if score in {"1", "2", "3", "4", "5"} else 0,
            _typed("body"),
            form_token=form_token,
        ),
        "rated",
    )


@blueprint.post("/<token>/visit")
@public
def visit(token: str) -> ResponseReturnValue:
    """Hear whether the visit suits."""
    answer = VisitAnswer.YES if request.form.get("answer") == "yes" else VisitAnswer.OTHER
    number = request.form.get("visit", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):  # noqa: PLR2004 - bigint
        number = "0"
    return _act(
        token,
        lambda member_id, ticket_id, *, form_token: services.tenant_confirms_visit(
            member_id, ticket_id, int(number), answer, note=_typed("body"), form_token=form_token
        ),
        f"visit-{answer}",
    )


@blueprint.post("/<token>/stop")
@public
def stop(token: str) -> ResponseReturnValue:
    """Stop the member's messages to this number."""
    return _act(token, services.tenant_opts_out, "stop")


@blueprint.post("/<token>/start")
@public
def start(token: str) -> ResponseReturnValue:
    """Let the member write to this number again."""
    return _act(token, services.tenant_opts_in, "start")


@blueprint.post("/<token>/language")
@public
def language(token: str) -> ResponseReturnValue:
    """Speak, and write from now on, in the language that the tenant chose."""
    chosen = request.form.get("language", "")
    answer = _pages.act(
        token,
        lambda key, _form_token: services.tenant_chooses_language(
            key.member_id, key.ticket_id, chosen
        ),
        _show,
        "language",
    )
    return keep_language(make_response(answer), chosen)


def _show(token: str, key: _Opened, *, error: str = "", status: int = 200) -> Response:
    view = get_tenant_view(key.member_id, key.ticket_id)
    # In the person's own language, unless this browser was told another. French is what
    # nobody has said otherwise: then the browser's own wish counts.
    preferred = "" if view.language == "fr" else view.language
    with force_locale(chosen_language(preferred)):
        return make_response(_page(token, view, error), status)


def _page(token: str, view: TenantView, error: str) -> str:
    ticket = view.ticket
    return render_template(
        "tenant/page.html",
        face=Face(
            name=view.member.name,
            colour=view.member.accent_colour,
            phone=view.phone,
            hours=view.member.opening_hours,
        ),
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
        incident=get_incident_of_ticket(ticket.member_id, ticket.id),
        still_open=is_open(ticket.state),
        asks_fixed=ticket.state == TicketState.RESOLVED,
        ended=ticket.state in {TicketState.CLOSED, TicketState.CANCELLED},
        asks_mark=ticket.state == TicketState.CLOSED and not ticket.restricted,
        scores=SCORES,
        done=_DONE.get(request.args.get("done", ""), "") if not error else "",
        error=error,
        # What was typed comes back in the form that it was typed in.
        typed={request.path.rpartition("/")[2]: request.form.get("body", "")} if error else {},
        text_max=TENANT_TEXT_MAX,
    )


def _act(token: str, run: Callable[..., object], done: str) -> ResponseReturnValue:
    """Carry out one of the tenant's verbs: ``run(member_id, ticket_id, form_token=…)``."""
    return _pages.act(
        token,
        lambda key, form_token: run(key.member_id, key.ticket_id, form_token=form_token),
        _show,
        done,
    )


def _typed(name: str) -> str:
    return clean_text(request.form.get(name)) or ""
