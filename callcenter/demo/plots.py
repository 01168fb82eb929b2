"""The life of one ticket, act by act, through the same services as the screens'.

Each act says when the next one comes; what would come after the present instant doesn't.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.core.phone import can_receive_sms
from callcenter.demo import aftermath, cases
from callcenter.demo.founding import Founded
from callcenter.demo.stage import Stage
from callcenter.members.states import TeamKind
from callcenter.messaging.follow_up_queries import get_choices
from callcenter.messaging.inbound import Incoming, store_inbound
from callcenter.messaging.states import Trigger
from callcenter.routing.states import Priority
from callcenter.tickets import services
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.queries.silent import SILENCE
from callcenter.tickets.rules import VISIT_SLOTS, Slot, is_open, slot_end, slot_is_past
from callcenter.tickets.services.acts import Act, assignments_of, live_assignments
from callcenter.tickets.services.answers import apply_answer
from callcenter.tickets.services.visits import planned_visit
from callcenter.tickets.states import (
    HoldCause,
    RefusalReason,
    ResolutionCode,
    TicketState,
    VisitAnswer,
)

_MAINTENANCE_SLOTS: Final = VISIT_SLOTS[:6]
_LATE_SLOT: Final = VISIT_SLOTS[5]


class Fate(StrEnum):
    """What becomes of a ticket."""

    ORDINARY = "ordinary"
    HELD = "held"
    REFUSED = "refused"
    RETURNED = "returned"  # refused within the hour, and still to sort
    FORGOTTEN = "forgotten"  # accepted, then nothing: late
    UNSEEN = "unseen"  # nobody answers, whoever it is offered to: back to triage each time
    BOUNCED = "bounced"  # refused by one after the other
    STUCK = "stuck"  # put on hold, and left there
    SILENT = "silent"  # resolved, and the tenant does not say whether it is fixed
    REOPENED = "reopened"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class Plot:
    """One ticket on the stage."""

    stage: Stage
    member: Founded
    ticket_id: int
    fate: Fate
    chase: Callable[["Plot"], None]
    # A visit on that very day, so that a visitor finds some for today and tomorrow.
    visit_on: date | None = None
    denied: bool = False
    _held: Ticket | None = None

    @property
    def ticket(self) -> Ticket:
        """The ticket as it is now. Held on to: a Session lets go of what nobody uses."""
        if self._held is None:
            self._held = db.session.get_one(Ticket, self.ticket_id)
        return self._held

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something."""
        return is_open(self.ticket.state)

    def begin(self) -> None:
        """Say what follows the opening."""
        stage, now, ticket = self.stage, clock.now(), self.ticket
        if ticket.needs_triage:
            stage.at(stage.at_work(now, 0.3, 6), self.sort)
        elif self.fate in {Fate.REFUSED, Fate.BOUNCED}:
            stage.at(stage.at_work(now, 0.5, 4), self.refuse)
        elif self.fate is Fate.RETURNED:
            stage.at(stage.soon(now, 8, 25), self.refuse)
        elif self.fate is Fate.UNSEEN:
            self._chased(2, 5)
        elif Priority(ticket.priority).is_urgent:
            stage.at(stage.soon(now, 4, 14), self.accept)
        else:
            stage.at(stage.at_work(now, 0.2, 5), self.accept)
        self._until_answered()
        if stage.chance(0.12):
            stage.at(stage.soon(now, 40, 1500), self.tenant_writes)
        if ticket.due_at is not None:
            told = [(Trigger.DELAYED, 5)]
            if get_choices(self.member.id)[Trigger.NEARLY_LATE].active:
                told.append((Trigger.NEARLY_LATE, -200))
            for trigger, minutes in told:
                then = ticket.due_at + timedelta(minutes=minutes)
                stage.at(max(then, now), partial(aftermath.fall_late, self, trigger))

    # -- who has it ------------------------------------------------------------------------

    def holder(self) -> Assignment | None:
        """Return the assignment that is live, if there is one."""
        live = live_assignments(assignments_of(self.ticket))
        return live[-1] if live else None

    def actor(self) -> Actor:
        """Return the person who would act for whoever has the ticket."""
        member, assignment = self.member, self.holder()
        manager = member.manager
        if manager is None:  # pragma: no cover - every member has one
            raise RuntimeError("a member without a manager")
        if assignment is None or self.ticket.restricted:
            return manager
        if assignment.organisation_id in member.by_firm:
            return member.by_firm[assignment.organisation_id]
        place = next(
            (key for key, team in member.teams.items() if team.id == assignment.team_id), None
        )
        if place is None:  # a firm without accounts: somebody answers in its name
            return self._nearest(TeamKind.MAINTENANCE)
        return member.by_team.get(place) or self._nearest(TeamKind.AGENCY)

    def _nearest(self, kind: TeamKind) -> Actor:
        """Return somebody of that kind of team, or anybody of the member's staff."""
        found = [actor for (k, _), actor in self.member.by_team.items() if k is kind]
        return self.stage.pick(found or self.member.staff)

    def act(self, actor: Actor | None = None) -> Act:
        """Return an act of whoever has the ticket, or of somebody else."""
        return Act(actor or self.actor(), self.ticket_id)

    def _until_answered(self) -> None:
        """Have the platform take the ticket back if nobody has answered by then."""
        assignment = self.holder()
        if assignment is not None and assignment.accept_by is not None:
            self.stage.at(assignment.accept_by + timedelta(seconds=9), self.run_out)

    def run_out(self) -> None:
        """What the clockwork does when the time to answer is over; triage sees to it later."""
        if services.return_unanswered(self.member.id, self.ticket_id):
            self.stage.at(self.stage.at_work(clock.now(), 2, 6), self.sort)

    # -- acts ------------------------------------------------------------------------------

    def accept(self) -> None:
        """Somebody takes it; from there the ticket's fate decides."""
        if not self.open or self.ticket.needs_triage:
            return
        stage, act, now = self.stage, self.act(), clock.now()
        urgent = Priority(self.ticket.priority).is_urgent
        assignment = self.holder()
        own = assignment is not None and assignment.organisation_id == act.actor.organisation_id
        if own and stage.chance(0.6):
            services.assign_to_colleague(act, act.actor.user_id)
        else:
            services.accept_assignment(act)
        if stage.chance(0.3):
            stage.at(stage.at_work(now, 0.3, 8), self.comment)
        match self.fate:
            case Fate.FORGOTTEN:
                self._chased(3, 8)
            case Fate.HELD | Fate.STUCK:
                stage.at(stage.at_work(now, 1, 6), self.hold)
            case Fate.CANCELLED:
                stage.at(stage.at_work(now, 0.5, 6), self.cancel)
            case _ if urgent:
                most = 50 if self.ticket.priority == Priority.P0 else 225
                stage.at(stage.soon(now, 20, most), self.resolve)
            case _ if self._needs_visit:
                stage.at(stage.at_work(now, 0.1, 5), self.plan)
            case _:
                stage.at(stage.at_work(now, 3, 36), self.resolve)

    @property
    def _needs_visit(self) -> bool:
        return self.ticket.residence_id is not None and self.ticket.location in {
            "private",
            "common",
        }

    def plan(self) -> None:
        """A day and a slot; the tenant answers, the visit is kept, moved now and then."""
        if not self.open or self.holder() is None:
            return
        stage, now = self.stage, clock.now()
        hours = (2, 5) if self.ticket.priority == Priority.P2 else (8, 30)
        day = clock.in_paris(stage.next_office(stage.at_work(now, *hours))).date()
        slot = stage.pick(_MAINTENANCE_SLOTS)
        if self.visit_on is not None and self.visit_on > clock.today():
            day, slot = self.visit_on, _LATE_SLOT
        while slot_is_past(day, slot, now):
            day = clock.in_paris(
                stage.next_office(slot_end(day, slot) + timedelta(hours=12))
            ).date()
        services.plan_visit(self.act(), day, slot)
        stage.at(stage.soon(now, 15, 600), self.answer_visit)
        if self.visit_on is None and stage.chance(0.25):
            stage.at(stage.at_work(now, 0.5, 4), self.move_visit)
        self._resolve_after(day, slot)

    def _resolve_after(self, day: date, slot: Slot) -> None:
        self.stage.at(self.stage.soon(slot_end(day, slot), -60, 45), self.visited)

    def move_visit(self) -> None:
        """The firm has an impediment: the visit is a day later, at another hour."""
        visit = planned_visit(self.ticket)
        if visit is None or not self.open or visit.day <= clock.today():
            return
        stage = self.stage
        later = slot_end(visit.day, Slot(visit.starts_at, visit.ends_at)) + timedelta(hours=20)
        day = clock.in_paris(stage.next_office(later)).date()
        slot = stage.pick(_MAINTENANCE_SLOTS)
        services.plan_visit(self.act(), day, slot, "Technicien indisponible, nouvelle date.")
        self._resolve_after(day, slot)

    def visited(self) -> None:
        """After the slot: it is done, unless the visit was moved meanwhile."""
        visit = planned_visit(self.ticket)
        if visit is None or visit.day > clock.today():
            return
        if self.open and self.visit_on is None and self.stage.chance(0.07):
            aftermath.nobody_opens(self)
        else:
            self.resolve()

    def answer_visit(self) -> None:
        """The tenant says on the private page whether the day suits."""
        visit = planned_visit(self.ticket)
        if visit is None or not self.stage.chance(0.55):
            return
        answer = VisitAnswer.YES if self.stage.chance(0.9) else VisitAnswer.OTHER
        note = "" if answer is VisitAnswer.YES else "Je travaille le matin, l'après-midi me va."
        services.tenant_confirms_visit(self.member.id, self.ticket_id, visit.id, answer, note=note)

    def comment(self) -> None:
        """A word between organisations, or to the tenant."""
        if not self.open:
            return
        told = self.stage.chance(0.35)
        words = cases.TO_TENANT if told else cases.COMMENTS
        services.comment(self.act(), self.stage.pick(words), to_tenant=told)

    def hold(self) -> None:
        """The clock stops for a named cause; it goes on some days later."""
        if not self.open or self.ticket.held_since is not None:
            return
        cause = self.stage.pick(list(HoldCause))
        services.put_on_hold(self.act(), cause, cases.HOLD_NOTES[cause])
        if self.fate is Fate.STUCK:
            return
        # Office hours: between one and two weeks.
        self.stage.at(self.stage.at_work(clock.now(), 36, 84), self.resume)

    def resume(self) -> None:
        """What was waited for has come."""
        if self.ticket.held_since is None:
            return
        services.resume(self.act())
        if self._needs_visit:
            self.stage.at(self.stage.at_work(clock.now(), 0.2, 3), self.plan)
        else:
            self.stage.at(self.stage.at_work(clock.now(), 2, 12), self.resolve)

    def refuse(self) -> None:
        """It comes back to the platform, with a reason."""
        if self.holder() is None:
            return
        reason, note = self.stage.pick(cases.REFUSALS)
        services.refuse_assignment(self.act(), RefusalReason(reason), note)
        self.stage.at(self.stage.at_work(clock.now(), 3, 12), self.sort)

    def sort(self) -> None:
        """Triage: the platform answers itself, or sends the ticket to somebody."""
        if not self.ticket.needs_triage:
            return
        stage, ticket = self.stage, self.ticket
        agents = [one for one in stage.company.agents if self.member.id in one.member_ids]
        act = self.act(stage.pick(agents))
        if ticket.residence_id is None or ticket.location == "":
            services.resolve(act, ResolutionCode.ANSWERED, stage.pick(cases.ANSWERS_GIVEN))
            self._after_the_end()
            return
        if ticket.escalated_at is not None and self.fate in {Fate.BOUNCED, Fate.UNSEEN}:
            return  # the supervisor's to decide: a visitor finds it so
        team = self.member.teams[TeamKind.MAINTENANCE, None]
        services.offer_to(act, self.member.id, team.id, "Pouvez-vous regarder sur place ?")
        self._until_answered()
        if self.fate is Fate.BOUNCED:
            stage.at(stage.at_work(clock.now(), 0.3, 4), self.refuse)
        elif self.fate is not Fate.UNSEEN:
            self.fate = Fate.ORDINARY
            stage.at(stage.at_work(clock.now(), 0.3, 4), self.accept)

    def resolve(self) -> None:
        """It is done: the tenant is asked whether it really is."""
        if not self.open or self.holder() is None:
            return
        if self._needs_visit:
            code = ResolutionCode.TEMPORARY if self.stage.chance(0.1) else ResolutionCode.REPAIRED
            words = self.stage.pick(cases.REPAIRS)
        else:
            code, words = ResolutionCode.ANSWERED, self.stage.pick(cases.ANSWERS_GIVEN)
        services.resolve(self.act(), code, words)
        self._after_the_end()

    def _after_the_end(self) -> None:
        stage, now = self.stage, clock.now()
        if self.fate is Fate.REOPENED and not self.denied:
            stage.at(stage.soon(now, 120, 2200), self.deny)
        elif self.fate is not Fate.SILENT and stage.chance(0.55):
            stage.at(stage.soon(now, 10, 1900), self.confirm)
        stage.at(now + SILENCE + timedelta(minutes=10), self.close)

    def confirm(self) -> None:
        """The tenant says it is fixed, by SMS where the sender can be answered."""
        if not self._replied("Oui merci"):
            services.tenant_says_fixed(self.member.id, self.ticket_id)
        if self.stage.chance(0.6):
            later = self.stage.soon(clock.now(), 90, 1600)
            self.stage.at(later, partial(aftermath.rate, self))

    def deny(self) -> None:
        """The tenant says it is not: the ticket is open again, with a new promise."""
        if self.ticket.state != TicketState.RESOLVED:
            return
        self.denied = True
        if not self._replied("Non, toujours pas"):
            services.tenant_says_not_fixed(
                self.member.id, self.ticket_id, self.stage.pick(cases.NOT_FIXED)
            )
        self.stage.at(self.stage.at_work(clock.now(), 3, 14), self.plan)

    def _replied(self, words: str) -> bool:
        """Answer by SMS; say whether that settled the ticket."""
        before = self.ticket.state
        return self.writes(words) and self.ticket.state != before

    def writes(self, words: str, photos: int = 0) -> bool:
        """Write an SMS, as the provider would bring it; say whether it found the ticket."""
        number = self.ticket.contact_number
        if not self.member.cast.two_way or not can_receive_sms(number):
            return False
        stored = store_inbound(
            Incoming(self.stage.provider_id(), number, self.member.cast.sender, words, photos)
        )
        return stored is not None and apply_answer(stored.id)

    def close(self) -> None:
        """Nobody has said anything: the platform closes it."""
        ticket = self.ticket
        if ticket.resolved_at is not None and ticket.resolved_at <= clock.now() - SILENCE:
            services.close_silent(self.member.id, self.ticket_id)
            if self.stage.chance(0.2):
                later = self.stage.soon(clock.now(), 90, 900)
                self.stage.at(later, partial(aftermath.rate, self))

    def cancel(self) -> None:
        """It was reported twice."""
        if self.open:
            services.cancel(self.act(self.member.manager), "Doublon d'une demande du bâtiment.")

    def read(self) -> None:
        """Whoever has the ticket reads what the tenant wrote."""
        if self.ticket.tenant_wrote_at is not None:
            services.read_answers(self.act())

    def tenant_writes(self) -> None:
        """A word, or a photograph by SMS; now and then the wish for no more messages."""
        if self.stage.chance(0.8):
            self.stage.at(self.stage.at_work(clock.now(), 1, 9), self.read)
        if self.open and self.stage.chance(0.3) and self.writes("Voici une photo.", photos=1):
            return
        if self.stage.chance(0.1):
            services.tenant_opts_out(self.member.id, self.ticket_id)
        elif self.open:
            services.tenant_adds_word(
                self.member.id, self.ticket_id, self.stage.pick(cases.TENANT_WORDS)
            )

    def _chased(self, low: int, high: int) -> None:
        """The tenant rings again, every few days, as long as nothing happens."""
        self.stage.at(self.stage.at_work(clock.now(), low * 7, high * 7), self._chase_again)

    def _chase_again(self) -> None:
        if self.open:
            self.chase(self)
            self._chased(3, 8)
