"""What is going on at this very moment: a boiler that thirty people report, and who is at work."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import select

from callcenter.calls import presence
from callcenter.calls.models import AgentPresence
from callcenter.calls.states import BreakReason, PresenceState
from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.demo.cases import Case
from callcenter.demo.estate import Home
from callcenter.demo.founding import Founded
from callcenter.demo.stage import Stage
from callcenter.demo.telephone import Telephone
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.incident_acts import IncidentAct
from callcenter.tickets.services.incident_news import Listener, publish_news
from callcenter.tickets.services.incidents import open_from_ticket

_COLD: Final = Case(
    "T-CHC",
    "Radiateurs froids et plus d'eau chaude dans tout l'immeuble depuis ce matin.",
    "common",
    answers={"extent": "yes"},
    needs="collective",
    urgent=True,
)
# (minutes ago, which home, asks to be called back); one of them tries twice.
_LOST: Final = ((66, 0, False), (43, 1, True), (24, 2, False), (11, 2, False))
_REPORTS: Final = 4
_JOINED: Final = 6
# Their screens are taken as open all day, so that a visitor finds colleagues.
_SHIFT: Final = timedelta(hours=10)


class LiveScene:
    """The last hour and a half, at one residence of Aquitanis."""

    def __init__(self, stage: Stage, phone: Telephone) -> None:
        self.stage = stage
        self.phone = phone
        self.member = stage.member("AQ")
        self.homes = _neighbours(stage, self.member)
        self.tickets: list[int] = []
        self.incident_id = 0

    def write(self) -> None:
        """Put it on the stage."""
        if len(self.homes) < _REPORTS + _JOINED + 3:
            return
        for number, home in enumerate(self.homes[:_REPORTS]):
            self._in(88 - 7 * number, partial(self._report, home))
        self._in(58, self._open)
        for number, home in enumerate(self.homes[_REPORTS : _REPORTS + _JOINED]):
            self._in(54 - 6 * number, partial(self._join, home))
        for minutes, place, asks in _LOST:
            self._in(minutes, partial(self._lose, place, asks=asks))
        self._in(37, self._chase)
        self._in(30, self._say)
        self._in(9, self._chase)

    def _in(self, minutes: float, act: Callable[[], None]) -> None:
        self.stage.at(self.stage.now - timedelta(minutes=minutes), act)

    def _report(self, home: Home) -> None:
        self.tickets.append(self.phone.report(self.member, home, _COLD))

    def _open(self) -> None:
        agent = self._agent()
        self.incident_id = open_from_ticket(agent, self.tickets[0], "demo-incident").id

    def _join(self, home: Home) -> None:
        resident = next(one for one in home.residents if one.mobile)
        listener = Listener(
            contact_id=resident.contact.id,
            contact_name=resident.contact.full_name,
            number=resident.number,
        )
        self.phone.joined(self.member, home, resident, self.incident_id, listener)

    def _lose(self, place: int, *, asks: bool) -> None:
        """Somebody of another home hangs up while waiting, or asks to be called back."""
        home = self.homes[-1 - place]
        resident = next(one for one in home.residents if one.mobile)
        self.phone.lost(self.member, resident, asks=asks)

    def _chase(self) -> None:
        self.phone.chase_ticket(self.member, db.session.get_one(Ticket, self.tickets[0]))

    def _say(self) -> None:
        act = IncidentAct(self._agent(), self.incident_id)
        publish_news(
            act,
            "La pompe de la chaufferie est en panne. Le chauffagiste est sur place.",
            "cet après-midi",
        )

    def _agent(self) -> Actor:
        return next(one for one in self.stage.company.agents if self.member.id in one.member_ids)


def _neighbours(stage: Stage, member: Founded) -> list[Home]:
    """The homes of one building whose boiler is common, each with somebody whom SMS reach."""
    buildings: dict[int | None, list[Home]] = {}
    for home in stage.estates[member.id].homes:
        reached = any(one.mobile and one.number for one in home.residents)
        if reached and _COLD.fits(home.place) and home.place.syndic is None:
            buildings.setdefault(home.dwelling.building_id, []).append(home)
    return max(buildings.values(), key=len, default=[])


def settle_presence(stage: Stage) -> None:
    """Say what the platform's people are doing as the curtain rises."""
    doing = (
        (PresenceState.AVAILABLE, BreakReason.NONE),
        (PresenceState.BREAK, BreakReason.LUNCH),
    )
    for colleague, (state, reason) in zip(stage.company.agents[1:], doing, strict=False):
        presence.choose_presence(colleague, state, reason)
        row = db.session.scalars(
            select(AgentPresence).where(AgentPresence.user_id == colleague.user_id)
        ).one()
        row.seen_at = clock.now() + _SHIFT
    db.session.flush()
