"""What a line says and does when it rings: read, checked, written with its journal."""

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.calls.models import VoicePlan
from callcenter.calls.recordings import MOST_DAYS, shorten_retention
from callcenter.calls.states import Overflow
from callcenter.core import audit
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import parse_phone
from callcenter.members.models import PhoneLine

ACTIONS = ("queue", "urgent", "callback", "voicemail", "line")
_KEYS = "123456789"
_SPOKEN_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A plan as a form gives it; ``choices`` is one line of text per key."""

    notice: str = ""
    welcome: str = ""
    closed_message: str = ""
    choices: str = ""
    max_waiting: int = 30
    max_wait_minutes: int = 15
    overflow: str = Overflow.CALLBACK
    overflow_number: str = ""
    on_call_number: str = ""
    wrap_up_seconds: int = 60
    recording: bool = False
    voicemail: bool = False
    recording_days: int = 30
    version: int = 0


def find_plan(line_id: int) -> VoicePlan | None:
    """Return a line's plan, or ``None`` while it takes the defaults."""
    return db.session.scalar(select(VoicePlan).where(VoicePlan.line_id == line_id))


def choices_as_text(plan: VoicePlan | None) -> str:
    """Return the keys as the form shows them."""
    lines = []
    for one in plan.choices if plan else []:
        last = f" | {one['line_number']}" if one.get("line_number") else ""
        lines.append(f"{one['digit']} | {one['words']} | {one['action']}{last}")
    return "\n".join(lines)


def read_choices(text: str) -> list[dict[str, str]]:
    """Read ``1 | Pour une urgence | urgent`` line by line. Raises UserError, by the field."""
    found: list[dict[str, str]] = []
    for number, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        parts = [part.strip() for part in line.split("|")]
        if len(parts) < 3 or parts[0] not in _KEYS or len(parts[0]) != 1 or not parts[1]:  # noqa: PLR2004
            raise UserError(
                _("Ligne %(number)s : écrivez « touche | phrase | suite ».", number=number),
                "choices",
            )
        digit, words, action = parts[:3]
        if action not in ACTIONS:
            raise UserError(
                _(
                    "Ligne %(number)s : la suite est %(actions)s.",
                    number=number,
                    actions=", ".join(ACTIONS),
                ),
                "choices",
            )
        if digit in {one["digit"] for one in found}:
            raise UserError(_("La touche %(key)s est donnée deux fois.", key=digit), "choices")
        choice = {"digit": digit, "words": words[:200], "action": action}
        if action == "line":
            choice["line_number"] = _number(parts[3] if len(parts) > 3 else "", "choices")  # noqa: PLR2004
        found.append(choice)
    return found


def save_plan(line: PhoneLine, new: NewPlan, actor: Actor) -> VoicePlan:
    """Write a line's plan. Raises UserError, also when somebody was quicker."""
    plan = db.session.scalar(
        select(VoicePlan)
        .where(VoicePlan.member_id == line.member_id, VoicePlan.line_id == line.id)
        .with_for_update()
    )
    if new.version != (plan.version if plan else 0):
        raise UserError(_("Ces réglages ont été modifiés pendant que vous écriviez : relisez-les."))
    if not 1 <= new.recording_days <= MOST_DAYS:
        raise UserError(_("De 1 à %(days)s jours.", days=MOST_DAYS), "recording_days")
    for field in ("notice", "welcome", "closed_message"):
        if len(getattr(new, field)) > _SPOKEN_MAX:
            raise UserError(_("500 caractères au plus : c'est une voix qui le lit."), field)
    if new.overflow == Overflow.NUMBER and not new.overflow_number.strip():
        raise UserError(_("Indiquez le numéro de débordement."), "overflow_number")
    values = {
        "notice": new.notice.strip(),
        "welcome": new.welcome.strip(),
        "closed_message": new.closed_message.strip(),
        "choices": read_choices(new.choices),
        "max_waiting": new.max_waiting,
        "max_wait_seconds": new.max_wait_minutes * 60,
        "overflow": Overflow(new.overflow),
        "overflow_number": _number(new.overflow_number, "overflow_number", optional=True),
        "on_call_number": _number(new.on_call_number, "on_call_number", optional=True),
        "wrap_up_seconds": new.wrap_up_seconds,
        "recording": new.recording,
        "voicemail": new.voicemail,
        "recording_days": new.recording_days,
    }
    if plan is None:
        plan = VoicePlan(member_id=line.member_id, line_id=line.id, version=0)
        db.session.add(plan)
    changes = {
        name: [getattr(plan, name), value]
        for name, value in values.items()
        if getattr(plan, name) != value
    }
    for name, value in values.items():
        setattr(plan, name, value)
    plan.version += 1
    db.session.flush()
    shorten_retention(plan)
    audit.record(
        line.member_id,
        "voice_plan.changed",
        "phone_line",
        line.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes=changes,
    )
    return plan


def _number(text: str, field: str, *, optional: bool = False) -> str:
    if optional and not text.strip():
        return ""
    try:
        return parse_phone(text).e164
    except UserError as error:
        raise UserError(error.message, field) from error
