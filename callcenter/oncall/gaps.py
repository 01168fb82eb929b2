"""Nights with nobody on duty: found before they come, told to the member's managers once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.permissions import Role
from callcenter.core.site import current_site
from callcenter.members.accounts import User
from callcenter.members.calendar_rules import Interval
from callcenter.members.queries import get_main_calendar
from callcenter.messaging.email_services import queue_email
from callcenter.messaging.email_states import EmailKind
from callcenter.oncall.models import OnCallGap, OnCallRota
from callcenter.oncall.queries import list_rotas, list_shifts
from callcenter.oncall.rules import covers_all, find_gaps, left_of

# How far the page looks, and how long before a gap the managers are written to.
AHEAD: Final = timedelta(days=30)
TOLD_AHEAD: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of one rota with nobody on duty. ``covered_otherwise``: a wider rota answers."""

    rota_id: int
    rota_name: str
    starts_at: datetime
    ends_at: datetime
    covered_otherwise: bool = False

    @property
    def words(self) -> str:
        """The time in words: "le 24/12 de 17:30 à 8:30", in Paris."""
        return gap_words(self.starts_at, self.ends_at)


def gap_words(starts_at: datetime, ends_at: datetime) -> str:
    """Return "le 24/12 de 17:30 à 8:30", or both days when it lasts longer than a night."""
    start, end = clock.in_paris(starts_at), clock.in_paris(ends_at)
    if end - start <= timedelta(hours=24):
        return str(
            _(
                "le %(day)s de %(start)s à %(end)s",
                day=f"{start:%d/%m}",
                start=f"{start.hour}:{start:%M}",
                end=f"{end.hour}:{end:%M}",
            )
        )
    return str(
        _(
            "du %(start)s au %(end)s",
            start=f"{start:%d/%m} {start.hour}:{start:%M}",
            end=f"{end:%d/%m} {end.hour}:{end:%M}",
        )
    )


def list_gaps(
    member_id: int,
    ahead: timedelta = AHEAD,
    rotas: Sequence[OnCallRota] | None = None,
    since: datetime | None = None,
) -> list[Gap]:
    """Return the member's gaps from now on, the soonest first. Three statements.

    A rota without a shift at all is one that is being set up: its gaps count all the same. A
    narrow rota's gap is covered by the member's general one where that has somebody.
    """
    rotas = list_rotas(member_id, active_only=True) if rotas is None else rotas
    if not rotas:
        return []
    start = since or clock.now()
    end = start + ahead
    calendar = get_main_calendar(member_id)
    shifts: dict[int, list[Interval]] = {rota.id: [] for rota in rotas}
    for shift, _person in list_shifts(shifts, start, end):
        shifts[shift.on_call_rota_id].append((shift.starts_at, shift.ends_at))
    general = [one for rota in rotas if covers_all(rota) for one in shifts[rota.id]]
    found = [
        Gap(
            rota.id,
            rota.name,
            begins,
            ends,
            not covers_all(rota) and _is_covered((begins, ends), general),
        )
        for rota in rotas
        for begins, ends in find_gaps(calendar, shifts[rota.id], start, end)
    ]
    return sorted(found, key=lambda gap: (gap.starts_at, gap.rota_name))


def _is_covered(wanted: Interval, shifts: Iterable[Interval]) -> bool:
    return not left_of(wanted, shifts)


def tell_gaps(member_id: int) -> int:
    """Write to a member's managers about the gaps of the coming week, each once.

    Returns how many are new. What is told is a row, so that nothing is told twice.
    """
    coming = list_gaps(member_id, TOLD_AHEAD)
    at = clock.now()
    _forget_filled(member_id, coming, at)
    rows = [
        {
            "member_id": member_id,
            "on_call_rota_id": gap.rota_id,
            "starts_at": gap.starts_at,
            "ends_at": gap.ends_at,
            "told_at": at,
        }
        for gap in coming
        # One that has begun was told while it was still to come, under its own start.
        if gap.starts_at > at
    ]
    if not rows:
        return 0
    told = db.session.execute(
        insert(OnCallGap)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(OnCallGap.on_call_rota_id, OnCallGap.starts_at)
    ).all()
    fresh = {(row.on_call_rota_id, row.starts_at) for row in told}
    new = [gap for gap in coming if (gap.rota_id, gap.starts_at) in fresh]
    if new:
        _write_to_managers(member_id, new)
    return len(new)


def count_known_gaps(member_ids: Iterable[int]) -> int:
    """Return how many gaps to come the managers were told of, and that still stand."""
    return (
        db.session.scalar(
            select(func.count()).where(
                OnCallGap.member_id.in_(list(member_ids)), OnCallGap.ends_at > clock.now()
            )
        )
        or 0
    )


def _forget_filled(member_id: int, coming: Sequence[Gap], at: datetime) -> None:
    """Forget the gaps that somebody has filled since: were they to open again, it is news."""
    still = {(gap.rota_id, gap.starts_at) for gap in coming}
    known = db.session.scalars(
        select(OnCallGap).where(OnCallGap.member_id == member_id, OnCallGap.starts_at > at)
    ).all()
    for row in known:
        if (row.on_call_rota_id, row.starts_at) not in still:
            db.session.delete(row)
    db.session.flush()


def _write_to_managers(member_id: int, gaps: Sequence[Gap]) -> None:
    managers = db.session.scalars(
        select(User)
        .where(User.member_id == member_id, User.role == Role.MANAGER, User.active)
        .order_by(User.id)
    ).all()
    address = f"{current_site().origin}/on-call?member={member_id}"
    for manager in managers:
        with force_locale(manager.locale or "fr"):
            lines = [
                _("%(rota)s : aucune astreinte %(when)s", rota=gap.rota_name, when=gap.words)
                for gap in gaps
            ]
            queue_email(
                member_id=member_id,
                kind=EmailKind.ON_CALL_GAP,
                to_address=manager.email,
                to_name=manager.full_name,
                subject=_("Astreintes : des nuits sans personne"),
                body="\n".join(
                    [
                        _("Bonjour %(name)s,", name=manager.first_name),
                        "",
                        _("Personne n'est d'astreinte :"),
                        *(f"- {line}" for line in lines),
                        "",
                        _("Sans personne, les urgences de ces heures vont au superviseur."),
                        _("Compléter le planning : %(url)s", url=address),
                    ]
                ),
            )
