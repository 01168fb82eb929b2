"""The telephone: one call after another, each logged by an agent through the desk's service."""

from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from callcenter.calls.live_rules import Report
from callcenter.calls.live_services import ExchangeReport, record_report
from callcenter.calls.services import NewCall, log_call
from callcenter.calls.states import CallerKind, CallPath, CallProvider, Direction, Disposition
from callcenter.core import clock
from callcenter.core.isolation import Actor
from callcenter.demo import cases
from callcenter.demo.aftermath import correct_number
from callcenter.demo.cases import Case
from callcenter.demo.estate import Home, Resident
from callcenter.demo.exchange import DAYS, Exchange
from callcenter.demo.founding import Founded
from callcenter.demo.plots import Fate, Plot
from callcenter.demo.stage import Stage
from callcenter.estate.states import OccupancyRole
from callcenter.members.states import Service
from callcenter.messaging.bulletins import Draft, prepare, send_bulletin
from callcenter.messaging.inbound import Incoming, store_inbound
from callcenter.routing.queries import list_categories
from callcenter.routing.states import CallerRole, Location
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.incident_news import Listener
from callcenter.tickets.services.opening import NewTicket

_SHARES: Final = ("AQ",) * 46 + ("ME",) * 30 + ("TG",) * 24
_FATES: Final = (
    (Fate.ORDINARY,) * 62 + (Fate.HELD,) * 9 + (Fate.REFUSED,) * 8 + (Fate.FORGOTTEN,) * 4
    + (Fate.UNSEEN,) * 3 + (Fate.REOPENED,) * 9 + (Fate.CANCELLED,) * 5
)  # fmt: skip
_ROLES: Final = {
    OccupancyRole.OCCUPANT: CallerRole.OCCUPANT,
    OccupancyRole.CO_OWNER: CallerRole.CO_OWNER,
}
_NAMELESS: Final = frozenset({Disposition.WRONG_NUMBER, Disposition.CUT_OFF})
_URGENT: Final = tuple(case for case in cases.TENANTS if case.urgent)


class Telephone:
    """Calls, made at the instant that the stage's clock shows."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._made = 0
        self._exchange = Exchange()
        self._categories = {
            (member.id, one.category.code): one.id
            for member in stage.company.members
            for service in Service
            for one in list_categories(member.id, service)
        }

    def ticket_call(
        self,
        *,
        prefix: str = "",
        case: Case | None = None,
        fate: Fate | None = None,
        service: Service = Service.TENANTS,
        urgent: bool = False,
        mobile: bool = False,
        visit_on: date | None = None,
        agency: int | None = None,
    ) -> None:
        """Somebody calls and a ticket is opened; its life begins. What isn't said is drawn."""
        stage = self.stage
        member = stage.member(prefix or stage.pick(_SHARES))
        home, case = self._home_and_case(member, case, urgent=urgent, agency=agency)
        resident = self._resident(home, mobile=mobile, owner=service is Service.SYNDIC)
        fate = fate or stage.pick(_FATES)
        plot = self._open(member, member, home, resident, case, fate, service)
        plot.visit_on = visit_on
        plot.begin()

    def handed_over(self, dialled: str, owner: str) -> None:
        """Somebody dialled the wrong landlord: the ticket is the other's, who is told."""
        member = self.stage.member(owner)
        home, case = self._home_and_case(member, None)
        resident = self._resident(home, mobile=True)
        dialled_member = self.stage.member(dialled)
        self._open(
            dialled_member, member, home, resident, case, Fate.ORDINARY, Service.TENANTS
        ).begin()

    def land_call(self, name: str, code: str, words: str) -> None:
        """Somebody offers land: no home of ours, a name and a number typed by hand."""
        member = self.stage.member("AQ")
        agent, number = self._agent(member), self._stranger()
        ticket = NewTicket(
            member_id=member.id,
            service=Service.LAND,
            category_id=self._category(member, code),
            location="",
            contact_name=name,
            contact_number=number,
            description=words,
            caller_role=CallerRole.LAND_OWNER,
            actor=agent,
            form_token=self._token(),
        )
        opened = self._log(
            member,
            agent,
            Service.LAND,
            caller_kind=CallerKind.THIRD_PARTY,
            caller_number=number,
            caller_name=name,
            category_id=ticket.category_id,
            ticket=ticket,
            note=words,
        )
        Plot(self.stage, member, opened, Fate.ORDINARY, self.chase).begin()

    def stranger_writes(self) -> None:
        """An SMS from a number that nobody knows: the desk has to sort it."""
        store_inbound(
            Incoming(
                self.stage.provider_id(),
                self._stranger(),
                self.stage.member("TG").cast.sender,
                "Bonjour, je suis le nouveau locataire du 12, à qui dois-je m'adresser ?",
            )
        )

    def correction(self, words: str) -> None:
        """A request whose tenant answers that the number has changed, or is not theirs."""
        member = self.stage.member("TG")
        home, case = self._home_and_case(member, None)
        resident = self._resident(home, mobile=True)
        plot = self._open(member, member, home, resident, case, Fate.UNSEEN, Service.TENANTS)
        plot.begin()
        later = self.stage.soon(clock.now(), 30, 200)
        self.stage.at(later, partial(correct_number, plot, words))

    def bulletin(self, prefix: str, word: str) -> None:
        """A manager writes to everybody who lives in one of the member's residences."""
        member = self.stage.member(prefix)
        manager = member.manager
        homes = [one for one in self.stage.estates[member.id].homes if one.residents]
        dwelling = self.stage.pick(homes)
        if manager is None:  # pragma: no cover - every member has one
            return
        draft = Draft(
            member_id=member.id,
            residence_id=dwelling.dwelling.residence_id,
            place=dwelling.place.name,
            word=word,
            urgent=True,
        )
        everybody = {one.contact_id for one in prepare(draft).people}
        if everybody:
            send_bulletin(draft, everybody, actor=manager, form_token=self._token())

    def plain_call(self, *, owed: bool = False) -> None:
        """A call that needs no ticket: answered, sent elsewhere, cut off.

        ``owed``: somebody asks to be called back, and has not been yet.
        """
        stage = self.stage
        member = stage.member(stage.pick(_SHARES))
        among = [one for one in cases.PLAIN if not owed or str(one[0]) == "call_back"]
        disposition, code, note = stage.pick(among)
        home = stage.pick([one for one in stage.estates[member.id].homes if one.residents])
        resident = self._resident(home)
        told: dict[str, Any] = {"caller_kind": CallerKind.ANONYMOUS}
        if disposition not in _NAMELESS and not stage.chance(0.06):
            told = _who(home, resident)
            if stage.chance(0.05):
                told["direction"] = Direction.OUT
        self._log(
            member,
            self._agent(member),
            disposition=Disposition(disposition),
            category_id=self._category(member, code) if code else None,
            note=note,
            keep_identity=disposition != Disposition.SIGNPOSTED,
            **told,
        )
        if disposition == Disposition.CALL_BACK and not owed and stage.chance(0.85):
            stage.at(
                stage.at_work(clock.now(), 1, 6),
                partial(self._call_back, member, home, resident, code),
            )

    def _call_back(self, member: Founded, home: Home, resident: Resident, code: str) -> None:
        self._log(
            member,
            self._agent(member),
            direction=Direction.OUT,
            disposition=Disposition.ANSWERED,
            category_id=self._category(member, code),
            note="Rappelé comme convenu, réponse donnée.",
            **_who(home, resident),
        )

    def abandoned_call(self) -> None:
        """Somebody waits, gives up, and mostly calls again later."""
        stage, now = self.stage, clock.now()
        member = stage.member(stage.pick(_SHARES))
        home = stage.pick([one for one in stage.estates[member.id].homes if one.residents])
        resident = self._resident(home, mobile=True)
        line = member.lines[Service.TENANTS]
        self._made += 1
        news = partial(
            ExchangeReport,
            provider=CallProvider.CTI,
            provider_id=f"demo-{self._made:05}",
            member_id=member.id,
            line_id=line.id,
            service=line.service,
            number=resident.number,
            dialled=line.number,
            queue=line.name,
            path=CallPath.QUEUE,
        )
        waited = stage.rng.uniform(70, 340)
        for report, later in (
            (Report.NEW, 0.0), (Report.QUEUED, 9.0), (Report.ENDED, waited),
        ):  # fmt: skip
            at = min(now + timedelta(seconds=later), stage.now)
            with clock.frozen_at(at):
                record_report(news(report=report, at=at, cause="caller hung up"))
        stage.calls += 1
        if stage.chance(0.75):
            stage.at(stage.soon(now, 8, 90), partial(self._called_again, member, home, resident))

    def _called_again(self, member: Founded, home: Home, resident: Resident) -> None:
        self._log(
            member,
            self._agent(member),
            disposition=Disposition.ANSWERED,
            category_id=self._category(member, "A-DOC"),
            note="Avait raccroché pendant l'attente. Quittance envoyée par courriel.",
            **_who(home, resident),
        )

    def report(self, member: Founded, home: Home, case: Case) -> int:
        """Somebody of this very home reports this; return the ticket's number."""
        resident = next(one for one in home.residents if one.mobile)
        plot = self._open(member, member, home, resident, case, Fate.FORGOTTEN, Service.TENANTS)
        return plot.ticket_id

    def joined(
        self, member: Founded, home: Home, resident: Resident, incident_id: int, who: Listener
    ) -> None:
        """A neighbour calls about an incident that is known."""
        self._log(
            member,
            self._agent(member),
            incident_id=incident_id,
            listener=who,
            **_who(home, resident),
        )

    def lost(self, member: Founded, resident: Resident, *, asks: bool) -> None:
        """Somebody waits in vain."""
        line = member.lines[Service.TENANTS]
        self._exchange.lost(line, resident.number, clock.now() - timedelta(minutes=3), asks=asks)
        self.stage.calls += 1

    def chase(self, plot: Plot) -> None:
        """The tenant of a ticket asks what has become of it."""
        self.chase_ticket(plot.member, plot.ticket)

    def chase_ticket(self, member: Founded, ticket: Ticket) -> None:
        """The same, whoever plays the ticket."""
        self._log(
            member,
            self._agent(member),
            Service(ticket.service),
            contact_id=ticket.contact_id,
            dwelling_id=ticket.dwelling_id,
            caller_number=ticket.contact_number,
            caller_name=ticket.contact_name,
            category_id=ticket.category_id,
            chased_ticket_id=ticket.id,
            note=self.stage.pick(cases.CHASES),
        )

    # -- parts -----------------------------------------------------------------------------

    def _open(
        self,
        dialled: Founded,
        member: Founded,
        home: Home,
        resident: Resident,
        case: Case,
        fate: Fate,
        service: Service,
    ) -> Plot:
        agent = self._agent(dialled, member)
        ticket = NewTicket(
            member_id=member.id,
            service=service,
            category_id=self._category(member, case.code),
            location=Location(case.location) if case.location else "",
            dwelling_id=home.dwelling.id,
            contact_id=resident.contact.id,
            contact_number=resident.number,
            description=case.words,
            answers=case.answers,
            caller_role=_ROLES.get(resident.role, CallerRole.TENANT),
            handed_from_label=dialled.cast.name if dialled is not member else "",
            actor=agent,
            form_token=self._token(),
        )
        opened = self._log(
            dialled,
            agent,
            service,
            category_id=ticket.category_id,
            ticket=ticket,
            **_who(home, resident),
        )
        return Plot(self.stage, member, opened, fate, self.chase)

    def _log(
        self, member: Founded, agent: Actor, service: Service = Service.TENANTS, **told: Any
    ) -> int:
        """Log a call that ends now, after some minutes; return its ticket's number, or 0."""
        started_at = clock.now() - timedelta(seconds=self.stage.rng.uniform(70, 480))
        line = member.lines[service]
        incoming = told.get("direction", Direction.IN) is Direction.IN
        if incoming and self.stage.now - clock.now() < DAYS:
            number = told.get("caller_number", "")
            told["call_id"] = self._exchange.answered(line, number, agent, started_at, clock.now())
        logged = log_call(
            NewCall(line=line, actor=agent, form_token=self._token(), started_at=started_at, **told)
        )
        self.stage.calls += 1
        if told.get("ticket"):
            self.stage.tickets += 1
        return logged.ticket.id if logged.ticket else 0

    def _agent(self, *members: Founded) -> Actor:
        """Return an agent with a mandate for every one of these members."""
        wanted = {member.id for member in members}
        return self.stage.pick(
            [one for one in self.stage.company.agents if wanted <= one.member_ids]
        )

    def _home_and_case(
        self,
        member: Founded,
        case: Case | None,
        *,
        urgent: bool = False,
        agency: int | None = None,
    ) -> tuple[Home, Case]:
        """Draw a case, then a home of somebody (of that agency) that it can happen to."""
        stage = self.stage
        lived_in = [
            home
            for home in stage.estates[member.id].homes
            if home.residents and agency in {None, home.place.agency}
        ]
        if case is None:
            among = [
                one
                for one in (_URGENT if urgent else cases.TENANTS)
                if any(one.fits(home.place) for home in lived_in)
            ]
            case = stage.rng.choices(among, [one.weight for one in among])[0]
        homes = [home for home in lived_in if case.fits(home.place)]
        return stage.pick(homes), case

    def _resident(self, home: Home, *, mobile: bool = False, owner: bool = False) -> Resident:
        """Draw who of a home calls; mostly one whom SMS reach, always so with ``mobile``."""
        found = home.residents
        if mobile or self.stage.chance(0.6):
            found = [one for one in found if one.mobile] or found
        if owner:
            found = [one for one in found if one.role is OccupancyRole.CO_OWNER] or found
        return self.stage.pick(found)

    def _category(self, member: Founded, code: str) -> int:
        return self._categories[member.id, code]

    def _stranger(self) -> str:
        """Return a fiction number that nobody in the estate has."""
        return next(self.stage.strangers)

    def _token(self) -> str:
        self._made += 1
        return f"demonstration-{self._made:06}"


def _who(home: Home, resident: Resident) -> dict[str, Any]:
    """Return a call's caller as the desk knows a resident."""
    return {
        "contact_id": resident.contact.id,
        "dwelling_id": home.dwelling.id,
        "caller_number": resident.number,
        "caller_name": resident.contact.full_name,
    }
