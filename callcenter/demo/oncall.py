"""Rotas of the demonstration: who is on duty around today, one swap, and one night uncovered."""

from datetime import date, time, timedelta
from typing import Final

from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.demo.founding import Founded
from callcenter.members.accounts import User
from callcenter.members.models import Team
from callcenter.members.states import TeamKind
from callcenter.oncall import services
from callcenter.oncall.models import OnCallRota
from callcenter.oncall.queries import list_people, list_shifts
from callcenter.oncall.services import NewPattern, NewPerson
from callcenter.oncall.states import ContractRule, Turn

_FRIDAY: Final = 4
_WEEKS_BACK: Final = 7
_WEEKS_AHEAD: Final = 5

# Who is on call beside the member's own accounts: name, firm, mobile (of the range for fiction).
_GENERAL: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "AQ": (("Karim Belkacem", "", "+33639980411"), ("Sandrine Loubet", "", "+33639980412")),
    "ME": (("Fabienne Dumas", "", "+33639980421"), ("Olivier Sarrazin", "", "+33639980422")),
    "TG": (("Mathieu Fontan", "", "+33639980431"),),
}
_TRADES: Final[dict[str, tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str, str], ...]], ...]]] = {
    "AQ": (
        ("Ascenseur", ("lift",), (
            ("Hugo Bernède", "Ascensoristes du Sud-Ouest", "+33639980441"),
            ("Karine Sallès", "Ascensoristes du Sud-Ouest", "+33639980442"),
        )),
        ("Chauffage", ("collective_heating",), (
            ("Technicien de garde", "Garonne Thermique", "+33639980443"),
            ("Chef de secteur", "Garonne Thermique", "+33639980444"),
        )),
    ),
    "ME": (
        ("Ascenseur", ("lift",), (
            ("Technicien de garde", "Élévation Gironde", "+33639980451"),
        )),
    ),
    "TG": (
        ("Chauffage", ("collective_heating",), (
            ("Technicien de garde", "Quercy Énergies", "+33639980461"),
        )),
    ),
}  # fmt: skip
_STAFF_NUMBERS: Final = {"AQ": "+33639980401", "ME": "+33639980402", "TG": "+33639980403"}
_INSTRUCTIONS: Final = (
    "Clés des chaufferies et des locaux techniques : coffre de l'agence, code auprès de la"
    " plateforme. Toujours deux pour entrer en sous-sol inondé."
)


def set_up_rotas(member: Founded) -> None:
    """Give a member its rotas, filled from weeks ago to some weeks ahead."""
    manager = member.manager
    if manager is None:
        return
    general = _rota(member, "Toutes urgences", (), 10, ContractRule.IF_SILENT)
    _people_of_general(member, general, manager)
    _fill(general, manager, Turn.WEEK, _last_friday(), _WEEKS_AHEAD)
    for name, equipment, people in _TRADES[member.cast.prefix]:
        trade = _rota(member, name, equipment, 15, ContractRule.AT_ONCE)
        for person, firm, number in people:
            services.add_person(trade, NewPerson(name=person, firm=firm, number=number), manager)
        _fill(trade, manager, Turn.WEEK, _last_friday(), _WEEKS_AHEAD + 3)
    if member.cast.prefix == "ME":
        _swap_tomorrow(general, manager)
    if member.cast.prefix == "TG":
        _leave_a_gap(general, manager)


def _rota(
    member: Founded, name: str, equipment: tuple[str, ...], minutes: int, rule: ContractRule
) -> OnCallRota:
    rota = OnCallRota(
        member_id=member.id,
        name=name,
        equipment=list(equipment),
        category_codes=[],
        acknowledge_minutes=minutes,
        again_minutes=5,
        when_contract=rule,
        instructions=_INSTRUCTIONS if not equipment else "",
    )
    db.session.add(rota)
    db.session.flush()
    return rota


def _people_of_general(member: Founded, rota: OnCallRota, manager: Actor) -> None:
    prefix = member.cast.prefix
    actor = member.by_team.get((TeamKind.ON_CALL, None))
    if actor is not None:
        user = db.session.scalars(select(User).where(User.id == actor.user_id)).one()
        user.phone = _STAFF_NUMBERS[prefix]
        services.add_person(rota, NewPerson(user_id=user.id), manager)
    for name, firm, number in _GENERAL[prefix]:
        services.add_person(rota, NewPerson(name=name, firm=firm, number=number), manager)
    team = member.teams.get((TeamKind.ON_CALL, None))
    if isinstance(team, Team) and not team.phone:
        team.phone = _STAFF_NUMBERS[prefix]


def _fill(rota: OnCallRota, manager: Actor, turn: Turn, friday: date, weeks: int) -> None:
    services.generate(
        rota,
        NewPattern(
            first=friday - timedelta(weeks=_WEEKS_BACK),
            last=friday + timedelta(weeks=weeks),
            hand_over=time(17, 30),
            turn=turn,
        ),
        manager,
    )


def _last_friday() -> date:
    today = clock.today()
    return today - timedelta(days=(today.weekday() - _FRIDAY) % 7)


def _swap_tomorrow(rota: OnCallRota, manager: Actor) -> None:
    """The one who should stand there the day after tomorrow has somebody in the place."""
    start = clock.now() + timedelta(days=2)
    found = list_shifts([rota.id], start, start + timedelta(hours=1))
    if not found:
        return
    shift, person = found[0]
    other = next(one for one in list_people([rota.id]) if one.id != person.id)
    begins = max(shift.starts_at, start)
    ends = min(shift.ends_at, begins + timedelta(hours=24))
    services.replace_shift(shift, rota, other.id, manager, (begins, ends))


def _leave_a_gap(rota: OnCallRota, manager: Actor) -> None:
    """Somebody is on leave in six days, and nobody has been found yet."""
    start = clock.now() + timedelta(days=5)
    found = list_shifts([rota.id], start, start + timedelta(hours=1))
    if not found:
        return
    shift, person = found[0]
    ends = min(shift.ends_at, start + timedelta(hours=26))
    others = [one for one in list_people([rota.id]) if one.id != person.id]
    if start < ends and others:
        part = services.replace_shift(shift, rota, others[0].id, manager, (start, ends))
        services.remove_shift(part, rota, manager)
