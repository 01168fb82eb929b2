"""Where the large base's tickets go: the routing engine's own decisions, a few per category."""

import json
from dataclasses import dataclass
from random import Random

from callcenter.core import clock
from callcenter.core.db import db, session_scope
from callcenter.core.isolation import Scope
from callcenter.demo import bulk_words as words
from callcenter.demo.bulk_copy import escaped
from callcenter.demo.bulk_estate import Estate
from callcenter.messaging.default_texts import DEFAULT_TEXTS, SAMPLES
from callcenter.messaging.text import render, to_gsm7
from callcenter.routing.queries import get_routing
from callcenter.routing.services import RouteRequest, decide_route
from callcenter.routing.states import CategoryLocation, Location
from callcenter.tickets.rules import search_words

_SAMPLES = 3
# Stands in a rendered message for what differs from ticket to ticket; no letter of any alphabet
# that needs care, and in no text.
MARKS = {"reference": "QREFQ", "lien": "QLINKQ", "echeance": "QDUEQ", "date": "QDAYQ",
         "creneau": "QSLOTQ", "cause": "QCAUSEQ", "organisme": "QWHOQ"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """One organisation that gets the ticket. ``facts`` is the inside of an event's JSON."""

    organisation_id: int
    name: str
    team_id: int | None
    team: str
    own: bool
    facts: str


@dataclass(frozen=True, slots=True)
class Route:
    """One decision, ready to be written on many tickets of its category."""

    category_id: int
    code: str
    title: str
    words: str
    location: str
    service: str
    restricted: bool
    priority: str
    hours: float
    kept: str
    to: Sent | None
    told: tuple[Sent, ...]
    # Bodies of the SMS by trigger, with MARKS in them.
    bodies: dict[str, str]


def sample_routes(estate: Estate, rng: Random) -> tuple[list[Route], list[float]]:
    """Return some decisions for each category of the member, and how common each is."""
    member = estate.member
    routes: list[Route] = []
    weights: list[float] = []
    with session_scope(Scope(member_ids=frozenset({member.id}))):
        routing = get_routing(member.id)
        for offered in routing.categories:
            category = offered.category
            if not category.opens_ticket:
                continue
            for sample in range(_SAMPLES):
                home = estate.homes[int(rng.random() * len(estate.homes))]
                possible = category.locations
                location = possible[sample % len(possible)] if possible else None
                service = min(category.services)
                at = clock.now()
                decided = decide_route(
                    RouteRequest(
                        member_id=member.id,
                        service=service,
                        category_id=offered.id,
                        location=location,
                        dwelling_id=home.id,
                        at=at,
                    )
                )
                sent = [
                    (decided.organisation_id, decided.organisation_name, decided.team_id,
                     decided.team_name),
                    *(
                        (told.organisation.id, told.organisation.name,
                         told.team.id if told.team else None, told.team.name if told.team else "")
                        for told in decided.inform
                    ),
                ]  # fmt: skip
                made = [
                    _sent(member.id, *one, informed=place > 0)
                    for place, one in enumerate(sent)
                    if one[0] is not None
                ]
                to = made[0] if made and decided.organisation_id is not None else None
                title = "votre demande" if category.restricted else category.label
                routes.append(
                    Route(
                        category_id=offered.id,
                        code=category.code,
                        title=category.label,
                        words=search_words(category.code, category.label),
                        location=_stored(category.location, location),
                        service=service,
                        restricted=category.restricted,
                        priority=decided.priority,
                        hours=max((decided.due_at - at).total_seconds() / 3600, 1),
                        kept=escaped(json.dumps(decided.kept, ensure_ascii=False, default=str)),
                        to=to,
                        told=tuple(one for one in made if to is None or one != to),
                        bodies=_bodies(member.name, title),
                    )
                )
                weights.append(words.WEIGHTS.get(category.code, 1) / _SAMPLES)
        db.session.rollback()
    return routes, weights


def _stored(location: CategoryLocation, chosen: Location | None) -> str:
    return "" if location is CategoryLocation.NONE or chosen is None else str(chosen)


def _sent(
    member_id: int, number: int | None, name: str, team_id: int | None, team: str, *, informed: bool
) -> Sent:
    facts: dict[str, object] = {"organisation_id": number, "organisation": name, "team": team}
    if informed:
        facts["informed_only"] = True
    return Sent(
        number or 0, name, team_id, team, number == member_id,
        escaped(json.dumps(facts, ensure_ascii=False))[1:-1],
    )  # fmt: skip


def _bodies(name: str, title: str) -> dict[str, str]:
    """Write each follow-up once; what differs is put in place of the marks later."""
    values = {**SAMPLES["fr"], **MARKS, "membre": name, "objet": title}
    return {trigger: to_gsm7(render(text, values)) for trigger, text in DEFAULT_TEXTS["fr"].items()}
