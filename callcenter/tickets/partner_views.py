"""The page of a firm or a syndic without accounts, behind the signed link of one ticket.

Shows one work order and takes its answers. Public, like the tenant's page: the link is the key,
no session is opened, and a form is accepted only from the page itself.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

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
from callcenter.core.pictures import Picture
from callcenter.core.rates import allowed
from callcenter.tickets import services, words
from callcenter.tickets.authors import partner_actor
from callcenter.tickets.models import Ticket
from callcenter.tickets.page_context import answers_in_words
from callcenter.tickets.partner_links import OpenedLink, find_partner_link, note_partner_opened
from callcenter.tickets.partner_rules import Part, part_of, shows_contact
from callcenter.tickets.public_pages import from_here, photo_response, sent_picture
from callcenter.tickets.queries.partners import get_work_order
from callcenter.tickets.queries.photos import get_photo
from callcenter.tickets.rules import TENANT_TEXT_MAX, VISIT_SLOTS, Slot, is_open, read_slot
from callcenter.tickets.services import Act
from callcenter.tickets.states import RefusalReason, ResolutionCode
from callcenter.tickets.timeline import day_text, slot_text
from callcenter.ui.access import public
from callcenter.ui.forms import clean_text
from callcenter.ui.theme import Face

Kind = TypeVar("Kind", bound=StrEnum)

blueprint = Blueprint("partner", __name__, url_prefix="/p")

_PER_ADDRESS: Final = "300 per minute"
_MISSES_PER_ADDRESS: Final = "60 per minute"
_PER_LINK: Final = "60 per minute"

_DONE: Final[dict[str, LazyString]] = {
    "accepted": _l("Merci : la demande est à vous. Le locataire est prévenu."),
    "planned": _l("La visite est enregistrée, le locataire est prévenu."),
    "absent": _l("C'est noté : le locataire est prévenu que personne n'a ouvert."),
    "resolved": _l("Merci : l'intervention est terminée."),
    "word": _l("Merci, c'est transmis."),
}


class _ClosedLinkError(Exception):
    """Unknown, revoked or expired: one and the same answer."""


class _TooManyError(Exception):
    """More requests than a person makes."""


@dataclass(frozen=True, slots=True)
class _Door:
    """An opened link and the token by which it was opened."""

    token: str
    link: OpenedLink


@blueprint.get("/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """Show the work order behind the link."""
    return _show(_open(token))


@blueprint.get("/<token>/photos/<int:photo_id>")
@public
def photo(token: str, photo_id: int) -> ResponseReturnValue:
    """Show one photograph of the ticket, while the ticket is the organisation's."""
    link = _open(token).link
    order = get_work_order(link.member_id, link.ticket_id, link.assignment_id)
    if part_of(order.assignment.state, order.assignment.state_at, clock.now()) is Part.GONE:
        raise NotFound
    return photo_response(get_photo(link.member_id, link.ticket_id, photo_id))


@blueprint.post("/<token>/accept")
@public
def accept(token: str) -> ResponseReturnValue:
    """Take the ticket."""
    return _act(token, services.accept_assignment, "accepted")


@blueprint.post("/<token>/refuse")
@public
def refuse(token: str) -> ResponseReturnValue:
    """Send the ticket back, with a reason."""

    def run(act: Act) -> Ticket:
        reason = _choice(RefusalReason, "reason", _("Dites pourquoi vous refusez."))
        return services.refuse_assignment(act, reason, _typed("note"))

    return _act(token, run, "refused")


@blueprint.post("/<token>/plan")
@public
def plan(token: str) -> ResponseReturnValue:
    """Promise a visit."""

    def run(act: Act) -> Ticket:
        slot = read_slot(request.form.get("slot", ""))
        if slot is None:
            raise UserError(_("Choisissez un créneau."))
        try:
            day = date.fromisoformat(request.form.get("day", ""))
        except ValueError:
            raise UserError(_("Choisissez un jour.")) from None
        return services.plan_visit(act, day, slot, _typed("note"))

    return _act(token, run, "planned")


@blueprint.post("/<token>/absent")
@public
def absent(token: str) -> ResponseReturnValue:
    """Say that nobody opened."""
    return _act(token, lambda act: services.tenant_absent(act, _typed("note")), "absent")


@blueprint.post("/<token>/done")
@public
def done(token: str) -> ResponseReturnValue:
    """Say that the work is done, how, and show it."""

    def run(act: Act) -> Ticket:
        code = _choice(ResolutionCode, "code", _("Dites comment l'intervention s'est terminée."))
        picture = sent_picture(f"partner-{act.ticket_id}")
        ticket = services.resolve(act, code, _typed("note"))
        if picture is not None:
            _keep(act, ticket, picture)
        return ticket

    return _act(token, run, "resolved")


@blueprint.post("/<token>/word")
@public
def word(token: str) -> ResponseReturnValue:
    """Add a word or a photograph for the landlord."""

    def run(act: Act) -> Ticket:
        picture = sent_picture(f"partner-{act.ticket_id}")
        note = _typed("note")
        if not note and picture is None:
            raise UserError(_("Écrivez quelques mots, ou joignez une photo."))
        ticket = services.comment(act, note or _("(photo ajoutée)"))
        if picture is not None:
            _keep(act, ticket, picture)
        return ticket

    return _act(token, run, "word")


@blueprint.errorhandler(_ClosedLinkError)
@blueprint.errorhandler(NotFound)
def closed_link(_error: Exception) -> Response:
    """Answer for a link that opens nothing: what to do, and nothing about why."""
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


def _open(token: str) -> _Door:
    """Find the link, narrow the scope to its member, note the opening."""
    address = request.remote_addr or "?"
    if not allowed(_PER_ADDRESS, "partner", address):
        raise _TooManyError
    with session_scope(Scope(everything=True)):
        link = find_partner_link(token)
    if link is None:
        if not allowed(_MISSES_PER_ADDRESS, "partner-miss", address):
            raise _TooManyError
        raise _ClosedLinkError
    if not allowed(_PER_LINK, "partner-link", str(link.link_id)):
        raise _TooManyError
    enter_scope(Scope(member_ids=frozenset({link.member_id})))
    if request.method == "GET":
        with transaction():
            note_partner_opened(link)
    return _Door(token, link)


def _show(door: _Door, *, error: str = "", opened: str = "", status: int = 200) -> Response:
    link = door.link
    order = get_work_order(link.member_id, link.ticket_id, link.assignment_id)
    ticket, assignment = order.ticket, order.assignment
    now = clock.now()
    part = part_of(assignment.state, assignment.state_at, now)
    face = Face(name=order.member.name, colour=order.member.accent_colour, phone=order.member.phone)
    if part is Part.GONE:
        body = render_template("partner/gone.html", face=face, reference=ticket.reference)
        return make_response(body, status)
    body = render_template(
        "partner/page.html",
        face=face,
        order=order,
        ticket=ticket,
        part=part,
        token=door.token,
        form_token=uuid.uuid4().hex,
        contact=shows_contact(part, ticket.priority),
        answers=answers_in_words(order.questions, ticket.answers),
        still_open=is_open(ticket.state),
        slots=[(one.key, slot_text(one)) for one in VISIT_SLOTS],
        today=clock.today().isoformat(),
        visit_words=lambda visit: (
            f"{day_text(visit.day)}, {slot_text(Slot(visit.starts_at, visit.ends_at))}"
        ),
        words=words,
        reasons=[(str(one), words.REFUSAL_REASONS[one]) for one in RefusalReason],
        codes=[(str(one), words.RESOLUTION_CODES[one]) for one in ResolutionCode],
        done=_DONE.get(request.args.get("done", ""), "") if not error else "",
        error=error,
        opened=opened,
        typed=request.form if error else {},
        text_max=TENANT_TEXT_MAX,
    )
    return make_response(body, status)


def _act(token: str, run: Callable[[Act], Ticket], done: str) -> ResponseReturnValue:
    door = _open(token)
    link = door.link
    here = request.path.rpartition("/")[2]
    if not from_here():
        message = _("Ouvrez cette page depuis le lien reçu, puis recommencez.")
        return _show(door, error=message, opened=here, status=400)
    actor = partner_actor(link.member_id, link.organisation_id, link.organisation_name)
    act = Act(actor, link.ticket_id, form_token=request.form.get("form_token", "")[:64])
    try:
        with transaction():
            run(act)
    except UserError as error:
        db.session.expire_all()
        return _show(door, error=error.message, opened=here, status=422)
    return redirect(url_for("partner.page", token=token, done=done), code=303)


def _keep(act: Act, ticket: Ticket, picture: Picture) -> None:
    services.add_photo(
        ticket,
        picture,
        act.actor.name,
        organisation_id=act.actor.organisation_id,
        form_token=act.form_token,
    )


def _choice(kind: type[Kind], name: str, missing: str) -> Kind:
    try:
        return kind(request.form.get(name, ""))
    except ValueError:
        raise UserError(missing) from None


def _typed(name: str) -> str:
    text = clean_text(request.form.get(name)) or ""
    if len(text) > TENANT_TEXT_MAX:
        raise UserError(
            _("Ce texte est trop long : %(limit)s caractères au plus.", limit=TENANT_TEXT_MAX)
        )
    return text


@blueprint.record_once
def _without_session(state: BlueprintSetupState) -> None:
    """These forms have no session, hence no token of it (see the module's words)."""
    protection = state.app.extensions.get("csrf")
    if protection is not None:
        protection.exempt(blueprint)
