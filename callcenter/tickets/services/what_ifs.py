"""Verbs of a what-if: ask for it, take it up, decide a batch again, end it.

Nothing that the members see changes by it, so a worker that is killed costs only time: whoever
takes the trial up again begins anew.
"""

from datetime import timedelta
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.routing.models import WhatIf
from callcenter.routing.place_queries import NOWHERE, Place, list_places, owned
from callcenter.routing.queries import MemberRouting, get_routing
from callcenter.routing.rule_rows import rule_from_snapshot
from callcenter.routing.rule_types import Situation
from callcenter.routing.rules import decide
from callcenter.routing.services import RouteRequest, situation_of
from callcenter.routing.states import CallerRole, Location, Service, WhatIfState
from callcenter.routing.version_queries import get_draft
from callcenter.tickets.queries.what_ifs import PastTicket, count_past, list_past
from callcenter.tickets.what_if_rules import Tally

SIZES: Final = (1_000, 5_000, 10_000)
BATCH: Final = 500
# A worker tells more often than this; one that is silent for longer was killed.
SILENCE: Final = timedelta(seconds=20)
_KEPT = timedelta(days=30)


def ask_what_if(member_id: int, wanted: int, actor: Actor) -> WhatIf:
    """Ask that the draft be tried on the member's last ``wanted`` tickets.

    The same draft asked for twice is one trial. Raises UserError when it changes nothing.
    """
    draft = get_draft(member_id)
    if not draft.changes:
        raise UserError(_("Le brouillon ne change rien : il n'y a rien à essayer."))
    wanted = wanted if wanted in SIZES else SIZES[0]
    version = draft.in_force.number if draft.in_force else 0
    same = db.session.scalar(
        select(WhatIf)
        .where(
            WhatIf.member_id == member_id,
            WhatIf.digest == draft.digest,
            WhatIf.rules_version == version,
            WhatIf.wanted == wanted,
            WhatIf.state.in_([WhatIfState.QUEUED, WhatIfState.RUNNING]),
        )
        .limit(1)
    )
    if same is not None:
        return same
    now = clock.now()
    db.session.execute(
        delete(WhatIf).where(WhatIf.member_id == member_id, WhatIf.asked_at < now - _KEPT)
    )
    made = WhatIf(
        member_id=member_id,
        rules=draft.rules,
        digest=draft.digest,
        rules_version=version,
        wanted=wanted,
        asked_at=now,
        told_at=now,
        asked_by_id=actor.user_id,
        asked_by_label=actor.name,
    )
    db.session.add(made)
    db.session.flush()
    return made


def take_up(what_if_id: int) -> WhatIf | None:
    """Begin a trial that waits, or that a killed worker left; None when another has it."""
    found = db.session.scalar(
        select(WhatIf).where(WhatIf.id == what_if_id).with_for_update(skip_locked=True)
    )
    if found is None or found.state in {WhatIfState.DONE, WhatIfState.FAILED}:
        return None
    if found.state == WhatIfState.RUNNING and clock.now() - found.told_at < SILENCE:
        return None
    found.state, found.done = WhatIfState.RUNNING, 0
    found.total = count_past(found.member_id, found.wanted)
    found.told_at = clock.now()
    db.session.flush()
    return found


def tell_progress(what_if_id: int, done: int) -> None:
    """Say how many tickets have been decided again."""
    db.session.execute(
        update(WhatIf)
        .where(WhatIf.id == what_if_id)
        .values(done=done, told_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def end_what_if(what_if_id: int, tally: Tally) -> None:
    """Keep the count of a trial that is over."""
    found = db.session.get_one(WhatIf, what_if_id)
    now = clock.now()
    found.state, found.result, found.done = WhatIfState.DONE, tally.to_json(), tally.examined
    found.total = tally.examined
    found.told_at = found.ended_at = now


def fail_what_if(what_if_id: int) -> None:
    """Say that a trial could not be done; it can be asked for again."""
    found = db.session.get_one(WhatIf, what_if_id)
    found.state, found.ended_at = WhatIfState.FAILED, clock.now()
    found.error = _("L'essai n'a pas abouti. Rien n'est changé ; vous pouvez le redemander.")


class Trial:
    """A member's past decided twice, batch after batch: by the rules in force, and by a draft.

    Contracts, teams and calendars are those of today, on the day of each call.
    """

    def __init__(self, what_if: WhatIf) -> None:
        self.member_id = what_if.member_id
        self.wanted = what_if.wanted
        self.tally = Tally()
        self._before_id: int | None = None
        self._routing: MemberRouting = get_routing(self.member_id)
        known = self._routing.organisations
        draft = [rule_from_snapshot(kept, known) for kept in what_if.rules]
        self._draft = self._routing.book.with_rules(draft)
        self._places = list_places(self.member_id, known)
        self._categories = {offered.id: offered.category for offered in self._routing.categories}

    def step(self) -> bool:
        """Decide one batch again; say whether there may be more. One statement."""
        left = self.wanted - self.tally.examined
        batch = list_past(self.member_id, self._before_id, min(BATCH, left))
        for ticket in batch:
            self._decide(ticket)
        if batch:
            self._before_id = batch[-1].id
        return len(batch) == BATCH and self.tally.examined < self.wanted

    def _decide(self, ticket: PastTicket) -> None:
        situation = self._situation(ticket)
        self.tally.add(
            ticket.id,
            situation.category.code,
            ticket.opened_at,
            decide(situation, self._routing.book),
            decide(situation, self._draft),
        )

    def _situation(self, ticket: PastTicket) -> Situation:
        request = RouteRequest(
            member_id=self.member_id,
            service=Service(ticket.service),
            category_id=ticket.category_id,
            at=ticket.opened_at,
            location=Location(ticket.location) if ticket.location else None,
            caller_role=CallerRole(ticket.caller_role or CallerRole.TENANT),
            answers=ticket.answers,
        )
        category = self._categories[ticket.category_id]
        return situation_of(request, category, self._routing, self._place(ticket))

    def _place(self, ticket: PastTicket) -> Place:
        if ticket.residence_id is None:
            return NOWHERE
        place = self._places[ticket.residence_id]
        changes: dict[str, object] = {}
        if ticket.building_id is not None:
            changes["building_id"] = ticket.building_id
        if ticket.number is not None:
            changes["dwelling_number"] = ticket.number
            changes["ownership"] = owned(str(place.ownership), ticket.ownership)
            if ticket.syndic_id is not None:
                changes["syndic"] = self._routing.organisations.get(ticket.syndic_id)
        return place.but(changes) if changes else place
