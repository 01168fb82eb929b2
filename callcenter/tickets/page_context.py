"""What the ticket's page needs, loaded once and shown with or without an open form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from flask import Response, make_response, render_template
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from callcenter.core import clock
from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission, Role
from callcenter.messaging.queries import get_waiting_correction
from callcenter.oncall import words as oncall_words
from callcenter.oncall.page_queries import PageLine, list_pages_of_ticket
from callcenter.routing.payment_rules import Guidance
from callcenter.routing.rule_types import steps_from_json
from callcenter.routing.states import Priority, Stage
from callcenter.routing.wording import explain_rejected, explain_steps
from callcenter.tickets import words
from callcenter.tickets.actions import Action, actions_for
from callcenter.tickets.clock_page import Clock, clocks_of, next_due, pauses_in_words
from callcenter.tickets.forms import CommentForm
from callcenter.tickets.incident_page import TicketPanel, ticket_panel
from callcenter.tickets.models import Assignment, Ticket, Visit
from callcenter.tickets.queries.pages import (
    Head,
    Moment,
    OtherTicket,
    get_head,
    list_assignments,
    list_others_here,
    list_timeline,
)
from callcenter.tickets.rules import Slot
from callcenter.tickets.states import (
    LIVE_ASSIGNMENT_STATES,
    AssignmentState,
    EventKind,
    TicketState,
)
from callcenter.tickets.timeline import Entry, day_text, entry_of, slot_text
from callcenter.ui.forms import BaseForm, new_token
from callcenter.ui.htmx import is_htmx, vary_on_htmx
from callcenter.ui.i18n import language

ACTION_WORDS: Final[dict[Action, LazyString]] = {
    Action.ACCEPT: _l("Accepter"),
    Action.PLAN: _l("Planifier une visite"),
    Action.RESOLVE: _l("Résoudre"),
    Action.RESUME: _l("Reprendre"),
    Action.HOLD: _l("Mettre en attente"),
    Action.OFFER: _l("Envoyer à un organisme"),
    Action.ASSIGN: _l("Confier à un collègue"),
    Action.REFUSE: _l("Refuser"),
    Action.CANCEL_VISIT: _l("Annuler la visite"),
    Action.CLOSE: _l("Clore"),
    Action.REOPEN: _l("Rouvrir"),
    Action.COMMENT: _l("Commenter"),
    Action.CHASE: _l("Noter une relance"),
    Action.CANCEL: _l("Annuler la demande"),
    Action.REVOKE_LINK: _l("Fermer le lien du locataire"),
    Action.RENEW_LINK: _l("Envoyer un nouveau lien au locataire"),
    Action.READ: _l("Marquer comme lu"),
}
ACTION_ICONS: Final[dict[Action, str]] = {
    Action.ACCEPT: "check2",
    Action.PLAN: "calendar-event",
    Action.RESOLVE: "check2-circle",
    Action.RESUME: "play",
    Action.HOLD: "pause",
    Action.OFFER: "send",
    Action.ASSIGN: "person-check",
    Action.REFUSE: "reply",
    Action.CANCEL_VISIT: "calendar-x",
    Action.CLOSE: "archive",
    Action.REOPEN: "arrow-counterclockwise",
    Action.COMMENT: "chat",
    Action.CHASE: "bell",
    Action.CANCEL: "x-circle",
    Action.REVOKE_LINK: "link-45deg",
    Action.RENEW_LINK: "arrow-repeat",
    Action.READ: "check2-all",
}
# Letters that act on the ticket; what can't be taken back has none.
ACTION_KEYS: Final[dict[Action, str]] = {
    Action.ACCEPT: "a",
    Action.PLAN: "p",
    Action.RESOLVE: "r",
    Action.HOLD: "h",
    Action.COMMENT: "c",
    Action.ASSIGN: "d",
    Action.OFFER: "o",
}
STATE_TONES: Final[dict[str, str]] = {
    TicketState.OPEN: "info",
    TicketState.PLANNED: "active",
    TicketState.ON_HOLD: "wait",
    TicketState.RESOLVED: "good",
    TicketState.CLOSED: "neutral",
    TicketState.CANCELLED: "neutral",
}
_SHOWN_ACTIONS: Final = 3
# Not among the buttons: these have their own place in the page.
_IN_PAGE: Final = frozenset({Action.COMMENT, Action.READ})


@dataclass(frozen=True, slots=True)
class Correction:
    """A number that the tenant gave by SMS: to be decided on, or taken by somebody (``who``)."""

    inbound_id: int
    number: str
    before: str
    at: datetime
    who: str = ""


@dataclass(frozen=True, slots=True)
class TicketPage:
    """Everything that the page of one ticket shows to one actor."""

    actor: Actor
    head: Head
    assignments: Sequence[Assignment]
    visit: Visit | None
    entries: list[Entry]
    others: list[OtherTicket]
    actions: tuple[Action, ...]
    incidents: TicketPanel | None = None
    on_call: list[PageLine] = field(default_factory=list)
    clocks: tuple[Clock, ...] = ()
    correction: Correction | None = None

    @property
    def next_clock(self) -> Clock | None:
        """The promise that falls due next, while somebody still has something to do."""
        return next_due(self.clocks)

    @property
    def ticket(self) -> Ticket:
        """The ticket itself."""
        return self.head.ticket

    @property
    def in_hand(self) -> Assignment | None:
        """The live assignment: the actor's own organisation's if it has one."""
        live = [
            one
            for one in self.assignments
            if not one.informed_only and AssignmentState(one.state) in LIVE_ASSIGNMENT_STATES
        ]
        own = [one for one in live if one.organisation_id == self.actor.organisation_id]
        held = own or live
        return held[-1] if held else None

    @property
    def main_actions(self) -> tuple[Action, ...]:
        """The few actions shown as buttons; the first is the next step."""
        return self._buttons[:_SHOWN_ACTIONS]

    @property
    def more_actions(self) -> tuple[Action, ...]:
        """The other actions, behind one button."""
        return self._buttons[_SHOWN_ACTIONS:]

    @property
    def _buttons(self) -> tuple[Action, ...]:
        return tuple(one for one in self.actions if one not in _IN_PAGE)

    @property
    def answer_words(self) -> list[tuple[str, str]]:
        """The triage questions and their answers, as the category words them."""
        return answers_in_words(self.head.questions, self.ticket.answers)

    @property
    def pause_words(self) -> list[str]:
        """Each pause of the clock: its cause, from when to when."""
        return pauses_in_words(self.ticket)

    @property
    def visit_words(self) -> str:
        """The planned visit as a day and a slot, or nothing."""
        if self.visit is None:
            return ""
        slot = Slot(self.visit.starts_at, self.visit.ends_at)
        return f"{day_text(self.visit.day)}, {slot_text(slot)}"

    @property
    def why(self) -> list[str]:
        """Why the ticket went where it went, in the reader's language."""
        kept = self.ticket.routing.get("steps")
        return explain_steps(steps_from_json(kept), language()) if kept else []

    @property
    def payment(self) -> Guidance | None:
        """Who pays, as it was said when the ticket was opened."""
        kept = self.ticket.routing.get("payment")
        return Guidance.read(kept) if kept else None

    @property
    def why_not(self) -> list[str]:
        """Why it did not go elsewhere."""
        kept = self.ticket.routing.get("rejected")
        return explain_rejected(steps_from_json(kept), language()) if kept else []


def load_page(actor: Actor, ticket_id: int) -> TicketPage:
    """Load the page of a ticket; NotFound when the actor doesn't see it. Four statements.

    More where there is something: an incident, people on call, a number given by SMS.
    """
    head = get_head(actor, ticket_id)
    ticket = head.ticket
    assignments = list_assignments(ticket)
    visit = head.visit
    now = clock.now()
    clocks = clocks_of(ticket, assignments, head.member_name, now, language())
    if actor.role is Role.CONTRACTOR:
        clocks = tuple(one for one in clocks if one.stage is not Stage.NEWS)
    moments = list_timeline(actor, ticket)
    return TicketPage(
        actor=actor,
        head=head,
        assignments=assignments,
        visit=visit,
        entries=[entry_of(one, now) for one in moments],
        others=list_others_here(actor, ticket),
        actions=actions_for(actor, ticket, assignments, visit_planned=visit is not None),
        incidents=ticket_panel(actor, head),
        clocks=clocks,
        on_call=_on_call(actor, head),
        correction=_correction(actor, moments),
    )


def _correction(actor: Actor, moments: Sequence[Moment]) -> Correction | None:
    """Return the last number that the tenant gave, to use it or to go back from it.

    One statement more, for such a request alone: it may have been put aside in the desk's list.
    """
    if not actor.may(Permission.ESTATE_EDIT):
        return None
    told = (one for one in moments if one.source == "event" and one.facts.get("inbound"))
    last = next((one for one in told if one.kind == EventKind.TENANT_CORRECTED), None)
    if last is None or not last.facts.get("number"):
        return None
    if last.facts.get("used"):
        before, who = last.facts["before"], last.who
        return Correction(last.facts["inbound"], last.facts["number"], before, last.at, who)
    waiting = get_waiting_correction(last.facts["inbound"])
    if waiting is None:
        return None
    return Correction(waiting.id, last.facts["number"], waiting.from_number, waiting.received_at)


def _on_call(actor: Actor, head: Head) -> list[PageLine]:
    """Return who was paged, of an urgent ticket."""
    ticket = head.ticket
    if not actor.may(Permission.ON_CALL_READ) or not Priority(ticket.priority).is_urgent:
        return []
    return list_pages_of_ticket(ticket.member_id, ticket.id) if head.was_paged else []


def show_page(
    page: TicketPage,
    *,
    action: Action | None = None,
    form: BaseForm | None = None,
    status: int = 200,
    conflict: bool = False,
) -> Response:
    """Render the ticket's page, with an action's form open in it; htmx gets the form alone."""
    comment_fields = comment_token = ""
    if action is Action.COMMENT and form is not None:
        comment_fields, comment_token = _comment_fields(form), form.form_token.data
    elif Action.COMMENT in page.actions:
        comment_fields, comment_token = _blank_comment(language()), new_token()
    fragment = is_htmx() and action is not None
    template = "tickets/_action.html" if fragment else "tickets/detail.html"
    body = render_template(
        template,
        page=page,
        ticket=page.ticket,
        head=page.head,
        incidents=page.incidents,
        action=action,
        form=form,
        comment_fields=comment_fields,
        comment_token=comment_token,
        conflict=conflict,
        accent_id=page.ticket.member_id,
        words=words,
        oncall_words=oncall_words,
        action_words=ACTION_WORDS | ({Action.PLAN: _l("Déplacer la visite")} if page.visit else {}),
        action_icons=ACTION_ICONS,
        action_keys=ACTION_KEYS,
        state_tones=STATE_TONES,
    )
    return vary_on_htmx(make_response(body, status))


def _comment_fields(form: BaseForm) -> Markup:
    return Markup(  # noqa: S704 - a template's own
        render_template(
            "tickets/_comment_fields.html", comment_form=form, action_words=ACTION_WORDS
        )
    )


@lru_cache(maxsize=4)
def _blank_comment(_language: str) -> Markup:
    """The fields of a comment not begun, written once per language: the same on every page."""
    return _comment_fields(CommentForm(formdata=None))


def answers_in_words(questions: Sequence[Any], answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (question, answer) pairs in words; what the category no longer asks is left as is."""
    known = {str(one.get("key")): one for one in questions if isinstance(one, Mapping)}
    found: list[tuple[str, str]] = []
    for key, value in answers.items():
        question = known.get(key, {})
        choices = {str(c.get("value")): c.get("label", "") for c in question.get("choices", [])}
        found.append((str(question.get("label", key)), str(choices.get(str(value), value))))
    return found
