"""What time did to the demonstration's estate: files imported, agents' corrections, flags.

Drawn from a generator of its own, so that the calls of the play stay the same.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any, Final

from sqlalchemy import select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.core.isolation import Actor
from callcenter.demo.estate import Estate, Home, Numbers
from callcenter.demo.founding import Founded
from callcenter.demo.stage import Stage
from callcenter.estate.flag_services import NewFlag, add_flag
from callcenter.estate.import_models import ImportRun
from callcenter.estate.models import Occupancy
from callcenter.estate.occupancy_services import add_occupant, end_occupancy
from callcenter.estate.services import PersonDetails, add_phone, edit_contact
from callcenter.estate.states import FlagKind, ImportKind, ImportState, OccupancyRole

_SEED: Final = 20_161_114

# (days ago, days it lasts, kind, measure, ground, note)
_FLAGS: Final = (
    (60, 200, FlagKind.VULNERABILITY, "no_power_cut", "asked", ""),
    (25, 120, FlagKind.VULNERABILITY, "no_stairs", "helper", ""),
    (12, 180, FlagKind.VULNERABILITY, "call_first", "asked", ""),
    (40, 90, FlagKind.WORKS, "", "", "Remplacement de la salle de bains, logement occupé"),
    (80, 90, FlagKind.WORKS, "", "", "Reprise d'un plafond après dégât des eaux"),
    (30, 160, FlagKind.PROCEDURE, "", "", "Expertise en cours : ne rien démonter dans la cuisine"),
)
_RESIDENCE_WORKS: Final = "Ravalement et isolation des façades : échafaudages en place"


def live_in(stage: Stage, numbers: Numbers) -> None:
    """Put on the stage what happens to the estates of the members."""
    rng = Random(_SEED)  # noqa: S311 - the same play each time, no secret in it
    for member in stage.company.members:
        estate = stage.estates[member.id]
        agent = stage.company.agents[rng.randrange(len(stage.company.agents))]
        let = [home for home in estate.homes if home.residents]
        homes = rng.sample(let, 12)
        for days, lasts, kind, measure, ground, note in _FLAGS:
            home = homes.pop()
            told = partial(_flag_of, kind, lasts, measure, ground, note)
            # What is long over when it is played would be refused: the play begins six weeks ago.
            _on(stage, min(days, 40), partial(_flag, home, told, agent, max(0, days - 40)))
        _on(stage, 18, partial(_flag_residence, estate, agent))
        _on(stage, 15, partial(_correct, homes.pop(), numbers.mobile(), agent))
        _on(stage, 6, partial(_correct, homes.pop(), numbers.mobile(), agent))
        _on(stage, 4, partial(_comes, homes.pop(), agent))
        _on(stage, 3, partial(_leaves, homes.pop(), agent))
        _on(stage, 2, partial(_writes, homes.pop(), agent))
        _imports(member, estate)


def _on(stage: Stage, days: float, act: Callable[[], object]) -> None:
    stage.at(stage.now - timedelta(days=days, hours=1), lambda: _void(act))


def _void(act: Callable[[], object]) -> None:
    """Do something for its effect."""
    act()


def _flag_of(
    kind: FlagKind, lasts: int, measure: str, ground: str, note: str, token: str, begun: int
) -> NewFlag:
    first = clock.today() - timedelta(days=begun)
    return NewFlag(
        kind=kind,
        starts_on=first,
        ends_on=first + timedelta(days=lasts),
        form_token=token,
        measure=measure,
        ground=ground,
        note=note,
    )


def _flag(home: Home, told: Callable[..., NewFlag], actor: Actor, begun: int) -> None:
    token = f"demo-{home.dwelling.id}"
    add_flag(home.dwelling.residence_id, home.dwelling.id, told(token=token, begun=begun), actor)


def _flag_residence(estate: Estate, actor: Actor) -> None:
    residence = estate.residences[1][1]
    told = _flag_of(FlagKind.WORKS, 150, "", "", _RESIDENCE_WORKS, f"demo-r{residence.id}", 0)
    add_flag(residence.id, None, told, actor)


def _correct(home: Home, number: str, actor: Actor) -> None:
    add_phone(home.residents[0].contact.id, number, "", actor)


def _comes(home: Home, actor: Actor) -> None:
    told = PersonDetails(home.residents[0].contact.last_name, "Inès", "Mme")
    add_occupant(home.dwelling.id, told, OccupancyRole.OCCUPANT, clock.today(), "", actor)


def _leaves(home: Home, actor: Actor) -> None:
    last = home.residents[-1]
    found = db.session.scalars(
        select(Occupancy.id).where(
            Occupancy.contact_id == last.contact.id, Occupancy.dwelling_id == home.dwelling.id
        )
    ).first()
    if found is not None:
        end_occupancy(found, clock.today() - timedelta(days=1), actor)


def _writes(home: Home, actor: Actor) -> None:
    one = home.residents[0].contact
    told = PersonDetails(
        one.last_name, one.first_name, one.civility, "nouvelle.adresse@exemple.fr", one.language
    )
    edit_contact(one.id, one.version, told, actor)


def _imports(member: Founded, estate: Estate) -> None:
    """Record the files that the member sent before the platform opened, and the last one."""
    name = member.organisation.short_name.lower().replace(" ", "-")
    people = sum(len(home.residents) for home in estate.homes)
    manager = member.manager
    for days, kind, file, counts in (
        (50, ImportKind.DWELLINGS, "patrimoine", {"added": len(estate.homes), "refused": 1}),
        (50, ImportKind.LEASES, "locataires", {"added": people, "refused": 2}),
        (2, ImportKind.LEASES, "locataires", {"unchanged": people - 3, "changed": 3}),
    ):
        at = clock.now() - timedelta(days=days)
        told: dict[str, Any] = {"added": 0, "changed": 0, "closed": 0, "unchanged": 0, "refused": 0}
        told |= counts
        db.session.add(
            ImportRun(
                member_id=member.id,
                kind=kind,
                file_name=f"{name}-{file}.csv",
                state=ImportState.DONE,
                started_at=at,
                ended_at=at + timedelta(seconds=9),
                actor_id=manager.user_id if manager else None,
                actor_label=manager.name if manager else "",
                counts=told | {"rows": sum(told.values()), "samples": {}},
            )
        )
