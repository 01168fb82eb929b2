"""The page of a firm or a syndic without accounts, behind the signed link of one ticket.

Shows one work order and takes its answers. Public, like the tenant's page: the link is the key,
no session is opened, and a form is accepted only from the page itself.
"""

import uuid
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.pictures import Picture
from callcenter.tickets import services, words
from callcenter.tickets.authors import partner_actor
from callcenter.tickets.models import Ticket
from callcenter.tickets.page_context import answers_in_words
from callcenter.tickets.partner_links import OpenedLink, find_partner_link, note_partner_opened
from callcenter.tickets.partner_rules import Part, part_of, shows_contact
from callcenter.tickets.public_pages import PrivatePages, photo_response, sent_picture
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

_pages = PrivatePages(blueprint, find_partner_link, closed="partner/closed.html")

_DONE: Final[dict[str, LazyString]] = {
    "accepted": _l("Merci : la demande est à vous. Le locataire est prévenu."),
    "planned": _l("La visite est enregistrée, le locataire est prévenu."),
    "absent": _l("C'est noté : le locataire est prévenu que personne n'a ouvert."),
    "resolved": _l("Merci : l'intervention est terminée."),
    "word": _l("Merci, c'est transmis."),
}


@blueprint.get("/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """Show the work order behind the link."""
    link = _pages.open(token)
    with transaction():
        note_partner_opened(link)
    return _show(token, link)


@blueprint.get("/<token>/photos/<int:photo_id>")
@public
def photo(token: str, photo_id: int) -> ResponseReturnValue:
    """Show one photograph of the ticket, while the ticket is the organisation's."""
    link = _pages.open(token)
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


def _show(token: str, link: OpenedLink, *, error: str = "", status: int = 200) -> Response:
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
        token=token,
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
        opened=request.path.rpartition("/")[2] if error else "",
        typed=request.form if error else {},
        text_max=TENANT_TEXT_MAX,
    )
    return make_response(body, status)


def _act(token: str, run: Callable[[Act], Ticket], done: str) -> ResponseReturnValue:
    def carry_out(link: OpenedLink, form_token: str) -> Ticket:
        actor = partner_actor(link.member_id, link.organisation_id, link.organisation_name)
        return run(Act(actor, link.ticket_id, form_token=form_token))

    return _pages.act(token, carry_out, _show, done)


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
