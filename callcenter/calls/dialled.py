"""From a dialled number to its line, member, hours and voice plan. For machinery: every member's.

What is found is plain and frozen, so that it can be kept in memory and serve while the database
is slow or away.
"""

from sqlalchemy import and_, select

from callcenter.calls.models import VoicePlan
from callcenter.calls.night_numbers import list_night_numbers
from callcenter.calls.states import Overflow
from callcenter.calls.voice_rules import Choice, DialledLine
from callcenter.core.db import db
from callcenter.core.phone import try_parse_phone
from callcenter.members.calendar_rules import Calendar
from callcenter.members.models import Calendar as CalendarRow
from callcenter.members.models import ClosingDay, Organisation, PhoneLine, Team
from callcenter.members.queries import calendar_of
from callcenter.members.states import OrganisationKind, TeamKind


def find_dialled(number: str) -> DialledLine | None:
    """Return the line in service that a number stands for. Four statements at most."""
    phone = try_parse_phone(number)
    if phone is None:
        return None
    row = db.session.execute(
        select(PhoneLine, Organisation, VoicePlan)
        .join(Organisation, Organisation.id == PhoneLine.member_id)
        .outerjoin(
            VoicePlan,
            and_(VoicePlan.member_id == PhoneLine.member_id, VoicePlan.line_id == PhoneLine.id),
        )
        .where(PhoneLine.number == phone.e164, PhoneLine.active)
    ).one_or_none()
    return None if row is None else _dialled(*row)


def _dialled(line: PhoneLine, member: Organisation, plan: VoicePlan | None) -> DialledLine:
    fresh = plan or VoicePlan(
        notice="", welcome="", closed_message="", choices=[], max_waiting=30,
        max_wait_seconds=900, overflow=Overflow.CALLBACK, overflow_number="",
        on_call_number="", wrap_up_seconds=60, recording=False, voicemail=False,
        recording_days=30,
    )  # fmt: skip
    return DialledLine(
        line_id=line.id,
        member_id=member.id,
        platform_id=platform_id(),
        member=member.short_name,
        service=line.service,
        name=line.name,
        number=line.number,
        calendar=_calendar(line),
        notice=fresh.notice,
        welcome=fresh.welcome,
        closed_message=fresh.closed_message,
        choices=tuple(_choices(fresh.choices)),
        max_waiting=fresh.max_waiting,
        max_wait_seconds=fresh.max_wait_seconds,
        overflow=Overflow(fresh.overflow),
        overflow_number=fresh.overflow_number,
        on_call_numbers=(fresh.on_call_number,)
        if fresh.on_call_number
        else (list_night_numbers(member.id, line.service) or (_on_call_number(member.id),)),
        wrap_up_seconds=fresh.wrap_up_seconds,
        recording=fresh.recording,
        voicemail=fresh.voicemail,
        recording_days=fresh.recording_days,
    )


def platform_id() -> int:
    """Return the platform's own wall: where the accounts of its agents stand."""
    return db.session.scalars(
        select(Organisation.id)
        .where(Organisation.kind == OrganisationKind.PLATFORM)
        .order_by(Organisation.id)
        .limit(1)
    ).one()


def _choices(raw: list[dict[str, str]]) -> list[Choice]:
    return [
        Choice(
            str(one.get("digit", "")),
            str(one.get("words", "")),
            str(one.get("action", "queue")),
            str(one.get("line_number", "")),
        )
        for one in raw
        if one.get("digit")
    ]


def _calendar(line: PhoneLine) -> Calendar | None:
    wanted = (
        CalendarRow.id == line.calendar_id if line.calendar_id is not None else CalendarRow.main
    )
    row = db.session.scalar(
        select(CalendarRow).where(CalendarRow.member_id == line.member_id, wanted).limit(1)
    )
    if row is None:
        return None
    days = db.session.scalars(select(ClosingDay).where(ClosingDay.calendar_id == row.id)).all()
    return calendar_of(row, days)


def _on_call_number(member_id: int) -> str:
    """The number of the member's on-call team: for members that keep no rota here."""
    found = db.session.scalar(
        select(Team.phone)
        .where(
            Team.member_id == member_id,
            Team.kind == TeamKind.ON_CALL,
            Team.active,
            Team.phone != "",
        )
        .order_by(Team.id)
        .limit(1)
    )
    return found or ""
