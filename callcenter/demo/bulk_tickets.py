"""Tickets of the large base, with all that the services would have written around them."""

from bisect import bisect
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random

from callcenter.core import clock
from callcenter.core.phone import format_phone
from callcenter.core.site import Site
from callcenter.demo import bulk_words as words
from callcenter.demo.bulk_calls import CallWriter
from callcenter.demo.bulk_copy import NULL, Connection, Sheet, next_id
from callcenter.demo.bulk_estate import Estate, Home, Resident
from callcenter.demo.bulk_messages import MessageWriter
from callcenter.demo.bulk_routes import Route, Sent
from callcenter.tickets.links import digest_of, token_of
from callcenter.tickets.models import Assignment, TenantLink, Ticket, TicketEvent, Visit
from callcenter.tickets.rules import VISIT_SLOTS, search_words

TABLES = ("ticket", "ticket_event", "assignment", "visit", "tenant_link")

# 5 % of all tickets are open, nearly all of them among the latest.
_RECENT, _OPEN_WHEN_RECENT, _OPEN_OTHERWISE = 0.93, 0.6, 0.0086
_LATE_DAYS, _EARLY_DAYS = 12, 15
_BUSY_HOURS = (8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 14, 14, 14, 15, 15, 16, 16, 17, 18, 20)
_DESCRIPTION_WORDS = {text: search_words(text) for text in words.DESCRIPTIONS}
_NOBODY = Resident(0, "", "", "", mobile=False)


@cache
def _phone_words(number: str) -> str:
    """Numbers come back with each ticket of a person; writing one takes its time."""
    return format_phone(number)


def stamp(seconds: float) -> str:
    """Return an instant, given in seconds since 1970, as COPY reads it."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()


class TicketWriter:
    """Writes tickets in the order of their opening, with events, assignments, visits, links."""

    def __init__(
        self, connection: Connection, rng: Random, site: Site, agents: list[tuple[int, str]],
        platform_id: int, count: int, days: int,
    ) -> None:  # fmt: skip
        """``count`` tickets in all, over the last ``days`` days."""
        self.connection, self.rng, self.site = connection, rng, site
        self.agents, self.platform_id = agents, platform_id
        self.count = count
        self.now = clock.now().timestamp()
        self.midnight = (clock.now() - timedelta(days=days)).timestamp() // 86_400 * 86_400
        self.days = days
        self.tickets = Sheet(
            Ticket, "id", "member_id", "reference", "service", "category_id", "title",
            "location", "place", "description", "residence_id", "building_id", "dwelling_id",
            "contact_id", "contact_name", "contact_number", "state", "priority", "restricted",
            "opened_at", "due_at", "promised_from", "needs_triage", "held_since", "hold_cause",
            "pauses", "resolved_at", "resolution_code", "closed_at", "chases", "routing",
            "opened_by_id", "opened_by_label", "form_token", "words", "updated_at",
            "updated_by_label", "moves", "news_at", "first_news_at",
        )  # fmt: skip
        self.events = Sheet(
            TicketEvent, "id", "member_id", "ticket_id", "kind", "visibility", "at",
            "actor_id", "actor_label", "body", "facts",
        )  # fmt: skip
        self.assignments = Sheet(
            Assignment, "id", "member_id", "ticket_id", "organisation_id",
            "organisation_name", "team_id", "team_name", "assignee_id", "assignee_name", "state",
            "informed_only", "state_at", "reason", "created_at",
        )  # fmt: skip
        self.visits = Sheet(
            Visit, "id", "member_id", "ticket_id", "assignment_id", "day", "starts_at",
            "ends_at", "state", "created_at",
        )  # fmt: skip
        self.links = Sheet(
            TenantLink, "id", "member_id", "ticket_id", "nonce", "digest",
            "expires_at", "created_at",
        )  # fmt: skip
        self.sheets = (self.tickets, self.events, self.assignments, self.visits, self.links)
        self.ids = {name: next_id(connection, name) for name in TABLES}
        self.messages = MessageWriter(connection, rng, self.now)
        self.calls = CallWriter(connection, rng, agents, self.now)
        self.used: dict[int, int] = {}

    def plan(self, estates: list[Estate], routes: list[tuple[list[Route], list[float]]]) -> None:
        """Take note of where tickets come from: members by their size, categories by weight."""
        self.estates = estates
        self.sizes = list(accumulate(len(estate.homes) for estate in estates))
        self.routes = [(found, list(accumulate(weights))) for found, weights in routes]

    def send(self) -> None:
        """Copy what was gathered."""
        for sheet in (*self.sheets, *self.messages.sheets, *self.calls.sheets):
            sheet.send(self.connection)

    def _next(self, table: str) -> int:
        number = self.ids[table]
        self.ids[table] = number + 1
        return number

    def write(self, index: int) -> None:
        """Write ticket ``index`` of ``count`` and everything that goes with it."""
        rng = self.rng.random
        place = bisect(self.sizes, rng() * self.sizes[-1] * 0.999999)
        estate = self.estates[place]
        found, weights = self.routes[place]
        route = found[bisect(weights, rng() * weights[-1] * 0.999999)]
        home = estate.homes[int(rng() * len(estate.homes))]
        person = home.people[int(rng() * len(home.people))] if home.people else _NOBODY
        one = Story(self, index, estate, route, home, person)
        one.write()
        self.calls.around(one)
        self.messages.follow(one)


class Story:
    """One ticket in the making."""

    def __init__(
        self, room: TicketWriter, index: int, estate: Estate, route: Route, home: Home,
        person: Resident,
    ) -> None:  # fmt: skip
        self.room, self.estate, self.route = room, estate, route
        self.home, self.person = home, person
        rng = room.rng.random
        self.id = room._next("ticket")  # noqa: SLF001 - one and the same writer
        self.member = estate.member.id
        used = room.used.get(self.member, 0) + 1
        room.used[self.member] = used
        self.reference = f"{estate.member.prefix}-{used}"
        share = index / room.count
        day = room.midnight + int(share * room.days) * 86_400
        hour = _BUSY_HOURS[int(rng() * len(_BUSY_HOURS))]
        self.opened = min(day + hour * 3600 + int(rng() * 3600), room.now - 60)
        likely = _OPEN_WHEN_RECENT if share > _RECENT else _OPEN_OTHERWISE
        self.state = self._state(share, open_now=rng() < likely)
        self.to: Sent | None = route.to
        self.triage = self.to is None
        if self.state == "open" and rng() < 0.015:
            self.triage = True
        ended = self.state in {"closed", "resolved", "cancelled"}
        self.due = self.opened + route.hours * 3600
        if not ended:
            self.due = room.now + (rng() * (_LATE_DAYS + _EARLY_DAYS) - _LATE_DAYS) * 86_400
        took = route.hours * 3600 * (0.2 + rng() * 1.1)
        self.resolved = min(self.opened + took, room.now - 30) if ended else 0.0
        self.closed = min(self.resolved + 4 * 86_400, room.now) if self.state == "closed" else 0.0
        self.agent = room.agents[int(rng() * len(room.agents))]
        staff = estate.member.staff
        self.officer = staff[int(rng() * len(staff))]
        self.visit_day = ""
        self.slot = VISIT_SLOTS[int(rng() * len(VISIT_SLOTS))]
        self.assignment = 0
        self.token = ""
        self.news = 0.0
        self.chases = 1 if rng() < 0.1 else 0

    def _state(self, share: float, *, open_now: bool) -> str:
        chance = self.room.rng.random()
        if open_now:
            return "open" if chance < 0.55 else "planned" if chance < 0.85 else "on_hold"
        if chance < 0.03:
            return "cancelled"
        return "resolved" if share > 0.97 and chance < 0.3 else "closed"

    def event(self, kind: str, at: float, who: tuple[int, str] | None, facts: str,
              body: str = "", *, tenant: bool = False) -> None:  # fmt: skip
        """Add a line to the timeline; ``facts`` is the inside of its JSON."""
        room = self.room
        if tenant and kind != "opened":
            self.news = max(self.news, min(at, room.now))
        actor = f"{who[0]}\t{who[1]}" if who else f"{NULL}\t"
        room.events.add(
            f"{room._next('ticket_event')}\t{self.member}\t{self.id}\t{kind}"  # noqa: SLF001
            f"\t{'tenant' if tenant else 'internal'}\t{stamp(min(at, room.now))}\t{actor}\t{body}"
            f"\t{{{facts}}}"
        )
        self.calls.audit(self, f"ticket.{kind}", "ticket", self.id, at, who)

    @property
    def calls(self) -> CallWriter:
        """The writer of calls and of the audit trail."""
        return self.room.calls

    def write(self) -> None:
        """Write the ticket's own rows: row, timeline, assignments, visit, link."""
        room, route, person, rng = self.room, self.route, self.person, self.room.rng.random
        description = words.DESCRIPTIONS[int(rng() * len(words.DESCRIPTIONS))]
        by = f'"by": {room.platform_id}'
        self.event("opened", self.opened, self.agent, f'"priority": "{route.priority}", {by}',
                   description, tenant=True)  # fmt: skip
        if self.to is not None:
            self._send(self.to, by)
        for told in route.told:
            self._tell(told, by)
        if self.chases:
            self.event("chase", self.opened + 40_000, self.agent, by, "Le locataire rappelle.")
        self._end()
        self._link()
        text = _DESCRIPTION_WORDS[description]
        phone = _phone_words(person.number) if person.number else ""
        found = " ".join(
            part for part in (self.reference.lower(), route.words, self.home.words, person.words,
                              phone, text) if part
        )  # fmt: skip
        hold = self.state == "on_hold"
        held = stamp(self.due - 9 * 86_400 if self.due < room.now else room.now - 7200)
        pauses = f'[{{"cause": "part", "from": "{held}", "to": null}}]' if hold else "[]"
        last = self.closed or self.resolved or self.opened
        room.tickets.add(
            f"{self.id}\t{self.member}\t{self.reference}\t{route.service}\t{route.category_id}"
            f"\t{route.title}\t{route.location}\t{self.home.place}\t{description}"
            f"\t{self.home.residence_id}\t{self.home.building_id}\t{self.home.id}"
            f"\t{person.id or NULL}\t{person.name}\t{person.number}\t{self.state}"
            f"\t{route.priority}\t{'t' if route.restricted else 'f'}\t{stamp(self.opened)}"
            f"\t{stamp(self.due)}\t{stamp(self.opened)}\t{'t' if self.triage else 'f'}"
            f"\t{held if hold else NULL}\t{'part' if hold else ''}\t{pauses}"
            f"\t{stamp(self.resolved) if self.resolved else NULL}"
            f"\t{'repaired' if self.resolved and self.state != 'cancelled' else ''}"
            f"\t{stamp(self.closed) if self.closed else NULL}\t{self.chases}\t{route.kept}"
            f"\t{self.agent[0]}\t{self.agent[1]}\tbulk-{self.id}\t{found}\t{stamp(last)}"
            f"\t{self.agent[1]}\t0\t{stamp(self.news or self.opened)}"
            f"\t{stamp(self.news) if self.news else NULL}"
        )

    def _send(self, to: Sent, by: str) -> None:
        room, rng = self.room, self.room.rng.random
        self.event("offered", self.opened, self.agent, f"{to.facts}, {by}")
        accepted_at = self.opened + 600 + rng() * 30_000
        state, officer, answer = self._answer(to)
        who = officer if to.own else None
        if state in {"accepted", "done"}:
            self.event("accepted", accepted_at, who, to.facts)
            if to.own and rng() < 0.4:
                self.event("assigned", accepted_at, who, f'"assignee": "{officer[1]}"')
            if rng() < 0.25:
                note = words.COMMENTS[int(rng() * len(words.COMMENTS))]
                self.event("comment", accepted_at + 9000, who, "", note)
        elif state == "refused":
            self.event("refused", accepted_at, who, f'{to.facts}, "reason": "not_ours"')
        charge = f"{officer[0]}\t{officer[1]}" if to.own and rng() < 0.4 else f"{NULL}\t"
        self.assignment = room._next("assignment")  # noqa: SLF001
        room.assignments.add(
            f"{self.assignment}\t{self.member}\t{self.id}\t{to.organisation_id}\t{to.name}"
            f"\t{to.team_id or NULL}\t{to.team}\t{charge}\t{state}\tf"
            f"\t{stamp(min(self.resolved or accepted_at, room.now))}\t{answer}"
            f"\t{stamp(self.opened)}"
        )
        if self.state == "planned" or (self.resolved and rng() < 0.55):
            self._visit(accepted_at, who, by)

    def _answer(self, to: Sent) -> tuple[str, tuple[int, str], str]:
        """Return the assignment's state, who answered, and the reason of a refusal."""
        officer = self.officer if to.own else (0, "")
        if self.triage:
            return "refused", officer, "not_ours"
        if self.state == "cancelled":
            return "withdrawn", officer, ""
        if self.resolved:
            return "done", officer, ""
        offered = self.state == "open" and self.room.rng.random() < 0.35
        return ("offered" if offered else "accepted"), officer, ""

    def _visit(self, at: float, who: tuple[int, str] | None, by: str) -> None:
        room = self.room
        when = (self.resolved or room.now + 86_400 * (1 + room.rng.random() * 9)) // 86_400 * 86_400
        self.visit_day = stamp(when)[:10]
        slot = self.slot
        self.event("visit_planned", at + 60, who,
                   f'"day": "{self.visit_day}", "starts_at": "{slot.starts_at}",'
                   f' "ends_at": "{slot.ends_at}", {by}', tenant=True)  # fmt: skip
        room.visits.add(
            f"{room._next('visit')}\t{self.member}\t{self.id}\t{self.assignment}"  # noqa: SLF001
            f"\t{self.visit_day}\t{slot.starts_at}\t{slot.ends_at}"
            f"\t{'done' if self.resolved else 'planned'}\t{stamp(min(at, room.now))}"
        )

    def _tell(self, told: Sent, by: str) -> None:
        room = self.room
        if self.to is not None and told.organisation_id == self.to.organisation_id:
            return
        self.event("offered", self.opened, self.agent, f"{told.facts}, {by}")
        room.assignments.add(
            f"{room._next('assignment')}\t{self.member}\t{self.id}"  # noqa: SLF001
            f"\t{told.organisation_id}\t{told.name}\t{told.team_id or NULL}\t{told.team}"
            f"\t{NULL}\t\toffered\tt\t{stamp(self.opened)}\t\t{stamp(self.opened)}"
        )

    def _end(self) -> None:
        who = self.officer if self.to is not None and self.to.own else None
        if self.state == "on_hold":
            self.event("held", self.room.now - 7200, who, '"cause": "part"', tenant=True)
        elif self.state == "cancelled":
            self.event("cancelled", self.resolved, self.agent, "", tenant=True)
        elif self.resolved:
            self.event("resolved", self.resolved, who, '"code": "repaired"', tenant=True)
        if self.closed:
            self.event("closed", self.closed, None, '"silent": true', tenant=True)

    def _link(self) -> None:
        room = self.room
        nonce = f"{room.rng.getrandbits(128):032x}"
        self.token = token_of(nonce, room.site.secret)
        digest = digest_of(self.token)
        ends = stamp(self.closed + 42 * 86_400) if self.closed else NULL
        room.links.add(
            f"{room._next('tenant_link')}\t{self.member}\t{self.id}\t{nonce}\t{digest}\t{ends}"  # noqa: SLF001
            f"\t{stamp(self.opened)}"
        )
