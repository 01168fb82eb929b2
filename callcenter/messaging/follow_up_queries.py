"""Scoped reads of what members chose for their follow-ups, and of their templates' versions."""

from collections.abc import Sequence

from sqlalchemy import select

from callcenter.core.db import db
from callcenter.core.errors import NotFound
from callcenter.messaging.follow_up_models import FollowUp, FollowUpPolicy, TemplateVersion
from callcenter.messaging.follow_up_rules import DEFAULTS, Choice, Policy
from callcenter.messaging.states import Trigger


def get_policy(member_id: int) -> tuple[Policy, int]:
    """Return what holds for a member's follow-ups, and the version of it (0: never changed)."""
    row = db.session.scalar(select(FollowUpPolicy).where(FollowUpPolicy.member_id == member_id))
    if row is None:
        return Policy(), 0
    return Policy(row.max_per_day, row.reminder_hour, row.warn_hours), row.version


def get_choices(member_id: int) -> dict[Trigger, Choice]:
    """Return what a member chose for each kind of follow-up, in the order of a request's life."""
    rows = db.session.execute(
        select(FollowUp.trigger, FollowUp.active, FollowUp.delay_minutes).where(
            FollowUp.member_id == member_id
        )
    )
    chosen = {row.trigger: Choice(row.active, row.delay_minutes) for row in rows}
    return {trigger: chosen.get(trigger, default) for trigger, default in DEFAULTS.items()}


def list_template_versions(template_id: int) -> Sequence[TemplateVersion]:
    """Return the versions of a template's words, newest first; fifty at most."""
    return db.session.scalars(
        select(TemplateVersion)
        .where(TemplateVersion.template_id == template_id)
        .order_by(TemplateVersion.number.desc())
        .limit(50)
    ).all()


def get_template_version(template_id: int, number: int) -> TemplateVersion:
    """Return one version of a template that the wall shows; NotFound for any other."""
    found = db.session.scalar(
        select(TemplateVersion).where(
            TemplateVersion.template_id == template_id, TemplateVersion.number == number
        )
    )
    if found is None:
        raise NotFound
    return found
