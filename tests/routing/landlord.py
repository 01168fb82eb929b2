"""A made-up landlord for the tests of routing: residences, contracts, teams, in a few lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.members.calendar_rules import ALWAYS_OPEN, Calendar, is_on_call_time
from callcenter.members.hours_rules import DAYS, WeeklyHours
from callcenter.routing.catalogue import BY_CODE, CATALOGUE
from callcenter.routing.destinations import RoutingBook, build_book
from callcenter.routing.rule_sets import default_rules
from callcenter.routing.rule_types import (
    AgencyRef,
    Contract,
    OrganisationRef,
    Rule,
    Situation,
    TeamRef,
)
from callcenter.routing.states import (
    CallerRole,
    CategoryLocation,
    DestinationKind,
    Equipment,
    Hours,
    Location,
    Ownership,
    Priority,
    Service,
    TeamKind,
)

PARIS = ZoneInfo("Europe/Paris")

PLATFORM = OrganisationRef(90, "Coo.Pairs", on_call=True)
AQUITANIS = OrganisationRef(1, "Aquitanis")
MESOLIA = OrganisationRef(2, "Mésolia")
DAY_SYNDIC = OrganisationRef(50, "Garonne Gestion")
NIGHT_SYNDIC = OrganisationRef(51, "Cabinet Dupuy", on_call=True)
LIFTS = OrganisationRef(60, "Ascensoristes du Sud-Ouest")
HEATING = OrganisationRef(61, "Garonne Thermique")
MULTI = OrganisationRef(62, "Aquitaine Multiservices")
ELECTRICIANS = OrganisationRef(63, "Électricité Dordogne")
VENTILATION = OrganisationRef(64, "Gascogne Ventilation")
ACCESS = OrganisationRef(65, "Accès Contrôle 33")
PESTS = OrganisationRef(66, "Hygiène Océan")
GROUNDS = OrganisationRef(67, "Jardins de Guyenne")
NEW_LIFTS = OrganisationRef(68, "Ascenseurs Neufs")
# Put out of service by the member.
GONE_ROOFERS = OrganisationRef(69, "Toitures d'Hier", active=False)
GONE_SYNDIC = OrganisationRef(52, "Ancien Syndic", active=False)

NORTH = AgencyRef(10, "Agence Bordeaux Nord")
RIGHT_BANK = AgencyRef(11, "Agence Rive Droite")

WEEK = WeeklyHours.from_json(
    {day: [["08:30", "12:30"], ["13:30", "17:30"]] for day in DAYS[:5]},
)
OFFICE = Calendar(WEEK, closing_days=frozenset({date(2026, 5, 15)}), name="Aquitanis")
CONTRACT_HOURS = Calendar(WEEK, name="8h30-12h30 13h30-17h30")


@dataclass(frozen=True)
class Place:
    """A residence as routing sees it."""

    id: int
    name: str
    ownership: Ownership = Ownership.SINGLE
    agency: AgencyRef | None = None
    syndic: OrganisationRef | None = None
    completed_on: date | None = None


_PLACES = (
    Place(101, "Gounod", agency=NORTH),
    Place(102, "Génicart", agency=NORTH),
    Place(103, "Les Tilleuls", Ownership.CONDO, RIGHT_BANK, DAY_SYNDIC),
    Place(104, "Le Lac", Ownership.CONDO, NORTH, NIGHT_SYNDIC),
    Place(105, "Bastide", Ownership.CONDO, RIGHT_BANK),
    Place(106, "Canopée", agency=RIGHT_BANK, completed_on=date(2025, 6, 16)),
    Place(107, "Palmer"),
    Place(108, "Montaut", Ownership.CONDO, RIGHT_BANK, AQUITANIS),
    Place(109, "Port de la Lune", Ownership.CONDO, RIGHT_BANK, GONE_SYNDIC),
)
PLACES = {place.name: place for place in _PLACES}
BUILDINGS = {"A": 200, "C": 201}

_TEAMS: tuple[tuple[str, TeamKind], ...] = (
    ("Régie", TeamKind.MAINTENANCE),
    ("Astreinte", TeamKind.ON_CALL),
    ("Recouvrement", TeamKind.ARREARS),
    ("Quittancement", TeamKind.RENT),
    ("Charges", TeamKind.CHARGES),
    ("Attributions", TeamKind.ALLOCATIONS),
    ("Maîtrise d'ouvrage", TeamKind.DEVELOPMENT),
    ("Qualité", TeamKind.QUALITY),
    ("DPO", TeamKind.DPO),
    ("Copropriété", TeamKind.CO_OWNERSHIP),
    ("Sinistres copropriété", TeamKind.CO_OWNERSHIP_CLAIMS),
    ("Prospection foncière", TeamKind.LAND),
    ("Ventes", TeamKind.SALES),
    ("Sûreté", TeamKind.SAFETY),
)
TEAMS = (
    TeamRef(20, "Agence Bordeaux Nord", AQUITANIS, TeamKind.AGENCY, NORTH.id),
    TeamRef(21, "Agence Rive Droite", AQUITANIS, TeamKind.AGENCY, RIGHT_BANK.id),
    TeamRef(22, "Loge Gounod", AQUITANIS, TeamKind.CARETAKER, residence_ids=frozenset({101})),
    *(TeamRef(30 + n, name, AQUITANIS, kind) for n, (name, kind) in enumerate(_TEAMS)),
)
TRIAGE_TEAM = TeamRef(91, "Tri", PLATFORM, TeamKind.TRIAGE)


def contract(
    contract_id: int,
    contractor: OrganisationRef,
    equipment: Equipment,
    *places: str,
    until: str | None = "2027-12-31",
    since: str = "2024-01-01",
    calendar: Calendar = ALWAYS_OPEN,
    on_call: bool = False,
) -> Contract:
    return Contract(
        contract_id,
        contractor,
        equipment,
        date.fromisoformat(since),
        date.fromisoformat(until) if until else None,
        calendar,
        frozenset(PLACES[name].id for name in places) if places else None,
        on_call,
    )


CONTRACTS = (
    contract(1, LIFTS, Equipment.LIFT, "Gounod", "Les Tilleuls"),
    contract(2, LIFTS, Equipment.LIFT, "Génicart", until="2026-12-31", calendar=CONTRACT_HOURS),
    contract(3, HEATING, Equipment.COLLECTIVE_HEATING, "Gounod", until="2026-06-30"),
    contract(4, HEATING, Equipment.COLLECTIVE_HEATING, "Génicart", "Canopée"),
    contract(5, MULTI, Equipment.PLUMBING, "Gounod", "Génicart", "Les Tilleuls", "Canopée"),
    contract(
        6, ELECTRICIANS, Equipment.ELECTRICITY, calendar=CONTRACT_HOURS, on_call=True, until=None
    ),
    contract(7, HEATING, Equipment.INDIVIDUAL_BOILER, calendar=CONTRACT_HOURS),
    contract(8, VENTILATION, Equipment.VENTILATION, "Gounod", since="2027-01-01"),
    contract(9, ACCESS, Equipment.ACCESS_CONTROL, "Gounod", "Canopée", calendar=CONTRACT_HOURS),
    contract(10, PESTS, Equipment.PEST_CONTROL, calendar=CONTRACT_HOURS),
    contract(11, GROUNDS, Equipment.GROUNDS, "Gounod", calendar=CONTRACT_HOURS),
    contract(12, GONE_ROOFERS, Equipment.ROOF, "Gounod"),
)

# What this member added to the default set; the table of calls reads by these too.
OWN_RULES = (
    Rule(
        id=901, name="Ascenseur neuf du bâtiment C", kind=DestinationKind.ORGANISATION,
        organisation=NEW_LIFTS, category="T-ASC", residence_id=101, building_id=BUILDINGS["C"],
    ),
    Rule(
        id=902, name="Effraction : l'agence suit la plainte", kind=DestinationKind.AGENCY,
        category="T-SER", hours=Hours.BUSINESS, answers=(("cause", "burglary"),),
    ),
    Rule(
        id=903, name="Charges d'un copropriétaire", kind=DestinationKind.MEMBER_TEAM,
        team_kind=TeamKind.CO_OWNERSHIP, category="A-CHG", caller_role=CallerRole.CO_OWNER,
    ),
    Rule(
        id=904, name="Humidité en Rive Droite : plus vite", kind=DestinationKind.AGENCY,
        category="T-HUM", agency_id=RIGHT_BANK.id, priority_override=Priority.P2,
    ),
)  # fmt: skip


def book(
    rules: Iterable[Rule] | None = None,
    contracts: Iterable[Contract] = CONTRACTS,
    teams: Iterable[TeamRef] = TEAMS,
) -> RoutingBook:
    return build_book(
        member=AQUITANIS,
        triage=PLATFORM,
        triage_team=TRIAGE_TEAM,
        calendar=OFFICE,
        rules=default_rules(CATALOGUE) if rules is None else rules,
        contracts=contracts,
        teams=teams,
    )


def paris(text: str) -> datetime:
    """``2026-03-03 10:00`` on a clock in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def call(code: str, at: str = "2026-03-03 10:00", place: str = "", **other: Any) -> Situation:
    """A call about a category, in a residence of Aquitanis or nowhere known."""
    where = PLACES.get(place)
    category = BY_CODE[code]
    instant = paris(at)
    facts: dict[str, Any] = {
        "member": AQUITANIS,
        "service": next(service for service in Service if service in category.services),
        "category": category,
        "instant": instant,
        "is_on_call_time": is_on_call_time(OFFICE, instant),
    }
    if category.location in {CategoryLocation.PRIVATE, CategoryLocation.COMMON}:
        facts["location"] = Location(category.location)
    if where is not None:
        facts |= {
            "residence_id": where.id,
            "residence_name": where.name,
            "ownership": where.ownership,
            "agency": where.agency,
            "syndic": where.syndic,
            "completed_on": where.completed_on,
        }
    return Situation(**(facts | other))
