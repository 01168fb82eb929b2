"""What a person decides about messages: send again, give up, resume sending, edit the words."""

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core import audit, clock
from callcenter.core.db import db
from callcenter.core.editing import revise
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.messaging.default_texts import DEFAULT_TEXTS, known_in, required_in
from callcenter.messaging.follow_up_models import TemplateVersion
from callcenter.messaging.follow_up_queries import get_template_version
from callcenter.messaging.models import Message, MessageTemplate, SendingPause
from callcenter.messaging.queries import get_template
from callcenter.messaging.rules import earliest_send, useful_life
from callcenter.messaging.sending import locked, move
from callcenter.messaging.services import HOLIDAYS
from callcenter.messaging.states import MessageEvent, Trigger, can
from callcenter.messaging.text import check_template


def resend_message(message_id: int, actor: Actor) -> Message:
    """Send an uncertain message again: the person accepts that it may arrive twice."""
    at = clock.now()
    message = _in_doubt(message_id, MessageEvent.RESEND)
    trigger = Trigger(message.trigger)
    message.not_before = earliest_send(at, urgent=message.urgent, holidays=HOLIDAYS)
    message.expires_at = max(
        message.expires_at, message.not_before + useful_life(trigger, urgent=message.urgent)
    )
    message.enqueued_at = message.attempt_id = message.claimed_at = None
    with force_locale("fr"):
        reason = _("Renvoi décidé par %(name)s.", name=actor.name)
    move(message, MessageEvent.RESEND, at, reason)
    _audit(message, "message.resent", actor)
    return message


def abandon_message(message_id: int, actor: Actor) -> Message:
    """Give an uncertain message up: nothing more is sent."""
    message = _in_doubt(message_id, MessageEvent.ABANDON)
    with force_locale("fr"):  # reasons are kept in the language of the trade
        reason = _("Abandonné par %(name)s.", name=actor.name)
    move(message, MessageEvent.ABANDON, clock.now(), reason)
    _audit(message, "message.abandoned", actor)
    return message


def cancel_message(message_id: int, actor: Actor) -> Message:
    """Stop a message that has not left yet."""
    message = locked(message_id)
    if message is None:
        raise NotFound
    if not can(message.state_now, MessageEvent.CANCEL):
        raise UserError(_("Ce message n'est plus en attente : il ne peut plus être retenu."))
    with force_locale("fr"):
        reason = _("Annulé par %(name)s.", name=actor.name)
    move(message, MessageEvent.CANCEL, clock.now(), reason)
    _audit(message, "message.cancelled", actor)
    return message


def resume_sending(pause_id: int, actor: Actor) -> None:
    """End a pause: what waited leaves, in order of urgency. Harmless when repeated."""
    pause = db.session.scalar(
        select(SendingPause).where(SendingPause.id == pause_id).with_for_update()
    )
    if pause is None:
        raise NotFound
    if pause.ended_at is not None:
        return
    pause.ended_at, pause.ended_by = clock.now(), actor.name
    audit.record(
        pause.member_id,
        "sending.resumed",
        "sending_pause",
        pause.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes={"cause": [pause.cause, ""]},
    )


def edit_template(template_id: int, body: str, *, version: int, actor: Actor) -> MessageTemplate:
    """Change a member's words for a follow-up, if nobody did since ``version`` was shown.

    The words as they now stand are kept as a version of their own.
    """
    template = get_template(template_id)
    trigger = Trigger(template.trigger)
    check_template(body, known_in(trigger), required_in(trigger))
    changed = revise(
        template,
        {"body": body},
        seen_version=version,
        actor=actor,
        action="message_template.edited",
        object_type="message_template",
    )
    if changed:
        db.session.add(
            TemplateVersion(
                member_id=template.member_id,
                template_id=template.id,
                number=template.version,
                body=body,
                author_label=actor.name,
            )
        )
        db.session.flush()
    return template


def restore_template(
    template_id: int, number: int, *, version: int, actor: Actor
) -> MessageTemplate:
    """Bring back the words of an earlier version, as a new one: nothing is rewritten."""
    former = get_template_version(template_id, number)
    return edit_template(template_id, former.body, version=version, actor=actor)


def reset_template(template_id: int, *, version: int, actor: Actor) -> MessageTemplate:
    """Bring back the default words of a template."""
    template = get_template(template_id)
    default = DEFAULT_TEXTS[template.language][Trigger(template.trigger)]
    return edit_template(template_id, default, version=version, actor=actor)


def _in_doubt(message_id: int, event: MessageEvent) -> Message:
    message = locked(message_id)
    if message is None:
        raise NotFound
    if not can(message.state_now, event):
        raise UserError(_("Ce message n'est plus incertain : il n'y a plus rien à décider."))
    return message


def _audit(message: Message, action: str, actor: Actor) -> None:
    audit.record(
        message.member_id,
        action,
        "message",
        message.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
    )
