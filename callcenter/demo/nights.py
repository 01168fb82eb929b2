"""The nights of the demonstration: who on call answered, who did not, and what they noted.

Played through the same verbs as the clockwork and the link's page use, at the hours of the past.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import select, update

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.permissions import Role
from callcenter.demo import cases
from callcenter.demo.plots import Fate
from callcenter.demo.stage import Stage
from callcenter.demo.telephone import Telephone
from callcenter.members.accounts import User
from callcenter.members.calendar_rules import on_call_period_at
from callcenter.members.queries import get_main_calendar
from callcenter.oncall.models import OnCallPage
from callcenter.oncall.page_queries import list_attempts
from callcenter.oncall.rules import last_period
from callcenter.oncall.states import AttemptState, PageState
from callcenter.tickets.services.duty_answers import acknowledge, arrive, end_duty
from callcenter.tickets.services.duty_asking import advance_page, list_due_pages

_SUPERVISOR_NUMBER: Final = "+33639980400"
# One page in so many finds nobody on the list.
_ALONE: Final = 6
_MOST_ASKED: Final = 6
_ANSWER: Final = timedelta(minutes=4)
_ON_SITE: Final = timedelta(minutes=32)
_OVER: Final = timedelta(minutes=75)
_OLD: Final = timedelta(hours=20)
_NOTES: Final = (
    "Arrivée d'eau coupée à la vanne du palier, locataire du dessous prévenu.",
    "Disjoncteur remplacé par un provisoire, électricien à envoyer en journée.",
    "Porte consolidée, serrurier à prévoir dans la matinée.",
    "Mis en sécurité, balisage posé, accès condamné jusqu'à demain.",
)


def give_supervisors_a_number() -> None:
    """The supervisor is reached at night too."""
    db.session.execute(
        update(User)
        .where(User.role == Role.SUPERVISOR)
        .values(phone=_SUPERVISOR_NUMBER)
        .execution_options(synchronize_session=False)
    )


def write_last_night(stage: Stage, phone: Telephone) -> None:
    """Of the last night: one emergency taken at Aquitanis, one at Mésolia that nobody took."""
    case = next(one for one in cases.TENANTS if one.code == "T-ELE")
    for prefix, minutes in (("AQ", 110), ("ME", 80)):
        calendar = get_main_calendar(stage.member(prefix).id)
        start, end = last_period(calendar, stage.now)
        instant = max(
            start + timedelta(minutes=1), min(end, stage.now) - timedelta(minutes=minutes)
        )
        stage.at(
            instant,
            partial(phone.ticket_call, prefix=prefix, case=case, fate=Fate.UNSEEN, mobile=True),
        )


def answer_pages(stage: Stage, instant: datetime) -> None:
    """Have everybody who is due by ``instant`` asked, and answer as such people do."""
    with clock.frozen_at(instant):
        due = [page_id for _member, page_id in list_due_pages()]
    for page_id in due:
        _answer(stage, page_id)


def _answer(stage: Stage, page_id: int) -> None:
    page = db.session.scalars(select(OnCallPage).where(OnCallPage.id == page_id)).one()
    at = page.next_at or page.created_at
    if at > stage.now or not _advance(page_id, at):
        return
    db.session.refresh(page)
    if page.state != PageState.CALLING:
        return
    mesolia = page.member_id == stage.member("ME").id
    recent = stage.now - at < _OLD
    calendar = get_main_calendar(page.member_id)
    last = recent and on_call_period_at(calendar, at) == last_period(calendar, stage.now)
    alone = mesolia and last and page.title.startswith("Panne électrique totale")
    if alone or (not recent and page_id % _ALONE == 0):
        _nobody_takes(stage, page, at)
    else:
        _taken(stage, page, at)


def _advance(page_id: int, at: datetime) -> bool:
    with clock.frozen_at(at):
        return advance_page(page_id)


def _taken(stage: Stage, page: OnCallPage, at: datetime) -> None:
    attempt = list_attempts(page)[-1]
    if attempt.state != AttemptState.ASKED:
        return
    if at + _ANSWER > stage.now:
        return
    with clock.frozen_at(at + _ANSWER):
        acknowledge(page.id, attempt.id)
    if at + _ON_SITE <= stage.now:
        with clock.frozen_at(at + _ON_SITE):
            arrive(page.id, attempt.id)
    if at + _OVER <= stage.now:
        with clock.frozen_at(at + _OVER):
            note = _NOTES[page.id % len(_NOTES)]
            end_duty(page.id, attempt.id, resolved=False, note=note)


def _nobody_takes(stage: Stage, page: OnCallPage, at: datetime) -> None:
    for _turn in range(_MOST_ASKED):
        db.session.refresh(page)
        if page.state != PageState.CALLING or page.next_at is None or page.next_at > stage.now:
            break
        _advance(page.id, page.next_at)
    db.session.refresh(page)
    attempts = list_attempts(page)
    late = page.state_at + _ANSWER
    if page.state == PageState.ESCALATED and attempts and stage.now - at > _OLD:
        with clock.frozen_at(late):
            acknowledge(page.id, attempts[-1].id)
        with clock.frozen_at(late + _OVER):
            note = _NOTES[page.id % len(_NOTES)]
            end_duty(page.id, attempts[-1].id, resolved=False, note=note)
