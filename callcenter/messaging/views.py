"""Pages of messages: the ledger with its decisions, the member's templates, answers to sort."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.core.phone import try_parse_phone
from callcenter.messaging import decisions, words
from callcenter.messaging.bulletin_views import add_bulletin_routes
from callcenter.messaging.follow_up_views import add_follow_up_routes
from callcenter.messaging.inbound import mark_sorted
from callcenter.messaging.ledger import list_live_alerts
from callcenter.messaging.ledger_files import messages_sheet
from callcenter.messaging.ledger_words import alert_words
from callcenter.messaging.models import Message
from callcenter.messaging.queries import (
    LedgerFilter,
    count_to_sort,
    count_uncertain,
    list_live_pauses,
    list_messages,
    list_messages_to_export,
    list_to_sort,
    steps_of,
)
from callcenter.messaging.states import MessageState
from callcenter.messaging.template_views import add_template_routes
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.pagination import window_from
from callcenter.ui.spreadsheets import file_response
from callcenter.ui.theme import accents

blueprint = Blueprint("messaging", __name__, url_prefix="/messages")

PAGE_SIZE: Final = 40
EXPORT_MAX: Final = 20_000


@blueprint.get("")
@requires(Permission.MESSAGING_READ)
def index() -> ResponseReturnValue:
    """Show what was sent, waits, or was kept from leaving; newest first."""
    chosen, typed = _chosen()
    members = _names()
    page = list_messages(chosen, window_from(request.args, 1, PAGE_SIZE))
    return render_template(
        "messaging/index.html",
        page=page,
        steps=steps_of(page.items),
        chosen=chosen,
        typed=typed,
        members=members,
        pauses=list_live_pauses(),
        alerts=list_live_alerts(),
        alert_words=alert_words,
        uncertain=count_uncertain(),
        to_sort=count_to_sort(),
        may_decide=_may_decide(current_actor()),
        may_resume=current_actor().is_platform and _may_decide(current_actor()),
        words=words,
        masked=words.masked,
        due=lambda message: message.not_before > clock.now(),
    )


@blueprint.get("/export/<kind>")
@requires(Permission.MESSAGING_READ)
def export(kind: str) -> ResponseReturnValue:
    """Give what the filters narrow, at most 20,000 messages, as ``csv`` or ``xlsx``.

    Without the texts: a private link stands in them, and a file travels.
    """
    chosen, _typed = _chosen()
    sheet = messages_sheet(list_messages_to_export(chosen, EXPORT_MAX), _names())
    return file_response(kind, f"sms-{clock.today():%Y-%m-%d}", [sheet])


@blueprint.post("/<int:message_id>/resend")
@requires(Permission.MESSAGING_READ)
def resend(message_id: int) -> ResponseReturnValue:
    """Send an uncertain message again, on a person's decision."""
    return _decide(decisions.resend_message, message_id, _("Le message repart."))


@blueprint.post("/<int:message_id>/give-up")
@requires(Permission.MESSAGING_READ)
def give_up(message_id: int) -> ResponseReturnValue:
    """Give an uncertain message up."""
    return _decide(decisions.abandon_message, message_id, _("Le message est abandonné."))


@blueprint.post("/<int:message_id>/cancel")
@requires(Permission.MESSAGING_READ)
def cancel(message_id: int) -> ResponseReturnValue:
    """Keep a waiting message from leaving."""
    return _decide(decisions.cancel_message, message_id, _("Le message ne partira pas."))


@blueprint.post("/pauses/<int:sending_pause_id>/resume")
@requires(Permission.MESSAGING_READ)
def resume(sending_pause_id: int) -> ResponseReturnValue:
    """Let messages leave again."""
    actor = current_actor()
    if not _may_decide(actor):
        abort(404)
    with transaction():
        decisions.resume_sending(sending_pause_id, actor)
    flash(_("Les envois reprennent."), "success")
    return go_to(url_for("messaging.index"))


@blueprint.get("/inbound")
@requires(Permission.MESSAGING_READ)
def inbound() -> ResponseReturnValue:
    """Show the answers that nobody could be certain about: a person sorts them."""
    return render_template(
        "messaging/inbound.html",
        page=list_to_sort(window_from(request.args, 1, PAGE_SIZE)),
        members={one.member_id: one.name for one in accents()},
        may_sort=current_actor().may(Permission.TICKETS_OPEN),
        may_edit=current_actor().may(Permission.ESTATE_EDIT),
    )


@blueprint.post("/inbound/<int:inbound_message_id>/sorted")
@requires(Permission.TICKETS_OPEN)
def sorted_out(inbound_message_id: int) -> ResponseReturnValue:
    """Take an answer off the list: it was read and nothing more is to be done."""
    with transaction():
        mark_sorted(inbound_message_id, current_actor())
    flash(_("Message trié."), "success")
    return go_to(url_for("messaging.inbound"))


def _names() -> dict[int, str]:
    return {one.member_id: one.name for one in accents()}


def _chosen() -> tuple[LedgerFilter, str]:
    """Return what the address asks for, and the number as it was typed."""
    typed = request.args.get("number", "").strip()[:40]
    phone = try_parse_phone(typed) if typed else None
    member = request.args.get("member", 0, type=int)
    chosen = LedgerFilter(
        state=_known(request.args.get("state", ""), words.STATES),
        member_id=member if member in _names() else None,
        trigger=_known(request.args.get("trigger", ""), words.TRIGGERS),
        number=phone.e164 if phone else typed,
    )
    return chosen, typed


def _may_decide(actor: Actor) -> bool:
    return actor.may(Permission.MESSAGING_EDIT) or actor.may(Permission.SUPERVISE)


def _known(value: str, known: object) -> str:
    return value if isinstance(known, dict) and value in known else ""


def _decide(
    verb: Callable[[int, Actor], Message], message_id: int, done: str
) -> ResponseReturnValue:
    actor = current_actor()
    if not _may_decide(actor):
        abort(404)
    try:
        with transaction():
            verb(message_id, actor)
    except UserError as error:
        flash(error.message, "warning")
    else:
        flash(done, "success")
    state = MessageState.UNCERTAIN if count_uncertain() else None
    return go_to(url_for("messaging.index", state=state))


add_bulletin_routes(blueprint)
add_follow_up_routes(blueprint)
add_template_routes(blueprint)
