"""What a member's manager decides about follow-ups: on or off, how late, how many."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import audit
from callcenter.core.db import db
from callcenter.core.editing import StaleError
from callcenter.core.errors import NotFound
from callcenter.core.isolation import Actor
from callcenter.messaging.follow_up_models import FollowUp, FollowUpPolicy
from callcenter.messaging.follow_up_queries import get_choices, get_policy
from callcenter.messaging.follow_up_rules import DEFAULTS, WITHOUT_DELAY, Choice, Policy
from callcenter.messaging.states import Trigger


def choose_follow_ups(
    member_id: int,
    choices: Mapping[Trigger, Choice],
    policy: Policy,
    *,
    version: int,
    actor: Actor,
) -> None:
    """Keep what a member sends, if nobody changed it since ``version`` was shown.

    Whatever waits in the outbox obeys from now on: it is asked again when it leaves. Raises
    StaleError when somebody was quicker, NotFound for a member that is not the actor's.
    """
    if member_id not in actor.member_ids:
        raise NotFound
    row = _locked(member_id)
    if row.version != version:
        raise StaleError(
            _("Ces réglages ont été modifiés pendant que vous écriviez : comparez, puis "
              "enregistrez à nouveau."),
            row.version,
        )  # fmt: skip
    changes = _changes(member_id, choices, policy)
    if not changes:
        return
    for trigger, choice in choices.items():
        if trigger not in DEFAULTS:
            continue
        delay = 0 if trigger in WITHOUT_DELAY else choice.delay_minutes
        values = {"active": choice.active, "delay_minutes": delay}
        db.session.execute(
            insert(FollowUp)
            .values(member_id=member_id, trigger=trigger, **values)
            .on_conflict_do_update(index_elements=["member_id", "trigger"], set_=values)
        )
    for name, value in asdict(policy).items():
        setattr(row, name, value)
    row.version += 1
    audit.record(
        member_id,
        "follow_ups.chosen",
        "follow_up_policy",
        row.id,
        actor_id=actor.user_id,
        actor_label=actor.name,
        changes=changes,
    )
    db.session.flush()


def _locked(member_id: int) -> FollowUpPolicy:
    db.session.execute(
        insert(FollowUpPolicy)
        .values(member_id=member_id, version=0, **asdict(Policy()))
        .on_conflict_do_nothing()
    )
    return db.session.scalars(
        select(FollowUpPolicy)
        .where(FollowUpPolicy.member_id == member_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _changes(
    member_id: int, choices: Mapping[Trigger, Choice], policy: Policy
) -> dict[str, list[Any]]:
    before, (former, _version) = get_choices(member_id), get_policy(member_id)
    changed: dict[str, list[Any]] = {}
    for trigger, choice in choices.items():
        was = before.get(trigger)
        if was is not None and was.active != choice.active:
            changed[f"{trigger}.active"] = [was.active, choice.active]
        if was is not None and was.delay_minutes != choice.delay_minutes:
            changed[f"{trigger}.delay_minutes"] = [was.delay_minutes, choice.delay_minutes]
    for name, value in asdict(policy).items():
        if getattr(former, name) != value:
            changed[name] = [getattr(former, name), value]
    return changed
