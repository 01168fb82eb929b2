"""The script: which calls come when, and what a visitor should find whatever chance says."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, Final

from callcenter.core import clock
from callcenter.demo import cases
from callcenter.demo.live_scene import LiveScene
from callcenter.demo.plots import Fate
from callcenter.demo.stage import DAYS, Stage
from callcenter.demo.telephone import Telephone
from callcenter.members.states import Service, TeamKind

# (how many days ago, the member's prefix)
_Days = tuple[tuple[float, str], ...]

_CALLS_OF_A_DAY: Final = 5
_MORE_ON_MONDAYS: Final = 4
_SHARE_OF_TICKETS: Final = 0.42
_SHARE_ABANDONED: Final = 0.05
# Minutes of the day: two calls in three come in the morning.
_MORNING: Final = (515, 745)
_AFTERNOON: Final = (812, 1045)
_EVENING: Final = (1100, 1380)
_WEEKEND: Final = (500, 1300)

_RESTRICTED: Final[_Days] = ((31, "AQ"), (19, "ME"), (9, "TG"), (2, "AQ"), (5, "ME"))
_SYNDIC: Final[_Days] = ((24, "AQ"), (12, "ME"), (6, "AQ"), (3, "AQ"), (1, "AQ"))
_CONDO: Final[_Days] = ((15, "AQ"), (4, "TG"), (1.5, "AQ"))
_LAND: Final[tuple[float, ...]] = (27, 11, 2, 0.4)
_HANDED_OVER: Final[tuple[tuple[float, str, str], ...]] = (
    (20, "AQ", "ME"),
    (8, "ME", "AQ"),
    (1.2, "AQ", "ME"),
)
_BULLETINS: Final = (
    (
        9,
        "AQ",
        "Coupure d'eau mardi de 9 h à 12 h dans toute la résidence, réparation de la colonne.",
    ),
    (
        6,
        "TG",
        "Porte du parking bloquée ouverte cette nuit, un vigile est sur place. Réparation demain.",
    ),
    (4, "ME", "Fuite de gaz réparée, vous pouvez rouvrir les robinets. Merci de votre patience."),
)
_CORRECTIONS: Final[tuple[tuple[float, str], ...]] = (
    (2.2, "Bonjour, j'ai changé de numéro, c'est le 06 39 98 90 17 maintenant."),
    (1.3, "Mauvais numéro, je ne suis pas la personne."),
)
_FATES: Final[tuple[tuple[float, str, Fate], ...]] = (
    (25, "TG", Fate.STUCK), (23, "AQ", Fate.STUCK), (11, "ME", Fate.BOUNCED), (9, "AQ", Fate.BOUNCED),
    (2.2, "ME", Fate.UNSEEN), (1.9, "AQ", Fate.UNSEEN), (1.6, "TG", Fate.UNSEEN),
    (21, "ME", Fate.FORGOTTEN), (17, "AQ", Fate.FORGOTTEN), (14, "TG", Fate.UNSEEN),
    (12, "AQ", Fate.UNSEEN), (7, "TG", Fate.REOPENED), (6, "AQ", Fate.HELD),
    (5, "ME", Fate.HELD), (5, "AQ", Fate.REOPENED), (4, "TG", Fate.HELD),
    (1.4, "AQ", Fate.REFUSED), (1.2, "ME", Fate.REFUSED), (1.1, "TG", Fate.REFUSED), (0.7, "AQ", Fate.REFUSED),
)  # fmt: skip
# (days ago, member, in how many days the visit is)
_RECENT: Final[tuple[tuple[float, str, int], ...]] = (
    (1.6, "AQ", 0),
    (1.4, "TG", 0),
    (1.5, "ME", 0),
    (1.2, "AQ", 1),
    (1.1, "ME", 1),
)
# The lift contractor of Aquitanis has accounts: something to do, something in hand, something done.
_LIFT: Final[tuple[tuple[float, Fate], ...]] = (
    (16, Fate.ORDINARY), (4.4, Fate.SILENT), (1.3, Fate.FORGOTTEN), (0.7, Fate.UNSEEN),
)  # fmt: skip
# Resolved in a few hours, and waiting for the tenant's word.
_SILENT: Final[_Days] = ((3.1, "ME"), (2.3, "AQ"), (1.7, "TG"), (0.8, "AQ"), (0.5, "ME"))
# The last half hour, whatever the hour: (minutes ago, member).
_JUST_NOW: Final = ((34, "AQ"), (22, "ME"), (13, "TG"), (5, "AQ"))


def write_script(stage: Stage) -> Telephone:
    """Put on the stage everything that is to happen; return the telephone it rings on."""
    phone = Telephone(stage)
    for back in range(DAYS, -1, -1):
        day = clock.in_paris(stage.now - timedelta(days=back)).date()
        midnight = datetime.combine(day, time(), clock.PARIS)
        if stage.working_day(midnight + timedelta(hours=12)):
            _working_day(stage, phone, midnight)
            stage.at(midnight + timedelta(hours=10), stage.reassure)
        elif stage.chance(0.6):
            stage.at(_within(stage, midnight, _WEEKEND), partial(phone.ticket_call, urgent=True))
    _special_subjects(stage, phone)
    _special_fates(stage, phone)
    LiveScene(stage, phone).write()
    for minutes, prefix in _JUST_NOW:
        stage.at(
            stage.now - timedelta(minutes=minutes),
            partial(phone.ticket_call, prefix=prefix, urgent=True, fate=Fate.ORDINARY, mobile=True),
        )
    # At weekends too there is something to sort.
    stage.at(
        stage.now - timedelta(minutes=48),
        partial(phone.ticket_call, prefix="ME", urgent=True, fate=Fate.RETURNED, mobile=True),
    )
    return phone


def _within(stage: Stage, midnight: datetime, minutes: tuple[int, int]) -> datetime:
    return midnight + timedelta(minutes=stage.rng.uniform(*minutes))


def _working_day(stage: Stage, phone: Telephone, midnight: datetime) -> None:
    more = _MORE_ON_MONDAYS if midnight.weekday() == 0 else 0
    for _ in range(_CALLS_OF_A_DAY + stage.rng.randrange(-1, 2) + more):
        at = _within(stage, midnight, _MORNING if stage.chance(0.64) else _AFTERNOON)
        draw = stage.rng.random()
        if draw < _SHARE_ABANDONED:
            stage.at(at, phone.abandoned_call)
        elif draw < _SHARE_ABANDONED + _SHARE_OF_TICKETS:
            stage.at(at, phone.ticket_call)
        else:
            stage.at(at, phone.plain_call)
    if stage.chance(0.12):
        stage.at(_within(stage, midnight, _EVENING), partial(phone.ticket_call, urgent=True))


def _on(stage: Stage, days: float, act: Callable[[], None]) -> None:
    """Have it happen so many days ago, in office hours, and not in the last minutes."""
    at = stage.at_work(stage.now - timedelta(days=days), 0.1, 3)
    stage.at(min(at, stage.now - timedelta(minutes=45)), act)


def _special_subjects(stage: Stage, phone: Telephone) -> None:
    """Restricted matters, the syndic's and the land's lines, co-owned halls, wrong landlords."""
    call = phone.ticket_call
    restricted = (*cases.RESTRICTED, cases.RESTRICTED[0])
    for (days, prefix), case in zip(_RESTRICTED, restricted, strict=True):
        _on(stage, days, partial(call, prefix=prefix, case=case))
    for (days, prefix), case in zip(_SYNDIC, cases.SYNDIC, strict=True):
        _on(stage, days, partial(call, prefix=prefix, case=case, service=Service.SYNDIC))
    common = (*cases.CONDO_COMMON, cases.CONDO_COMMON[1])
    for (days, prefix), case in zip(_CONDO, common, strict=True):
        _on(stage, days, partial(call, prefix=prefix, case=case, fate=Fate.ORDINARY))
    for days, (name, code, words) in zip(_LAND, cases.LAND, strict=True):
        _on(stage, days, partial(phone.land_call, name, code, words))
    for days, dialled, owner in _HANDED_OVER:
        _on(stage, days, partial(phone.handed_over, dialled, owner))
    _on(stage, 0.3, phone.stranger_writes)
    _on(stage, 0.2, partial(phone.plain_call, owed=True))
    for days, prefix, words in _BULLETINS:
        _on(stage, days, partial(phone.bulletin, prefix, words))
    for days, words in _CORRECTIONS:
        _on(stage, days, partial(phone.correction, words))


def _special_fates(stage: Stage, phone: Telephone) -> None:
    """Late, held, refused and reopened ones; visits to come; answers awaited."""
    call = phone.ticket_call
    slow = [case for case in cases.TENANTS if case.code in {"T-PLB", "T-MEN", "T-HUM"}]
    for days, prefix, fate in _FATES:
        _on(stage, days, partial(call, prefix=prefix, case=stage.pick(slow), fate=fate))
    for days, prefix, ahead in _RECENT:
        visit = clock.in_paris(stage.next_office(stage.now + timedelta(days=ahead))).date()
        told: dict[str, Any] = {"prefix": prefix, "case": stage.pick(slow), "visit_on": visit}
        _on(stage, days, partial(call, fate=Fate.ORDINARY, **told))
    for days, fate in _LIFT:
        _on(stage, days, partial(call, prefix="AQ", case=cases.LIFT, fate=fate))
    # Each caretaker finds something in their own buildings, whatever chance says.
    for member in stage.company.members:
        for kind, agency in member.by_team:
            if kind is TeamKind.CARETAKER:
                told = {"prefix": member.cast.prefix, "agency": agency}
                _on(stage, 1.3, partial(call, case=stage.pick(slow), fate=Fate.UNSEEN, **told))
    for days, prefix in _SILENT:
        _on(stage, days, partial(call, prefix=prefix, urgent=True, fate=Fate.SILENT))
