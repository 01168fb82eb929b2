"""Words of routing: places, priorities, equipment, and kinds of destination."""

from enum import StrEnum

from callcenter.estate.states import Ownership
from callcenter.members.states import Service, TeamKind

__all__ = [
    "CallerRole",
    "CategoryLocation",
    "DestinationKind",
    "Equipment",
    "Family",
    "Hours",
    "Location",
    "Ownership",
    "Payer",
    "Priority",
    "Service",
    "Stage",
    "TeamKind",
    "Warranty",
    "WhatIfState",
]


class Stage(StrEnum):
    """What is promised about a ticket; each has its own clock.

    ``RESOLUTION`` for a request with a place, ``ANSWER`` for one without: the ticket's main
    promise. ``NEWS`` is the platform's own: the tenant hears something before then.
    """

    ACCEPTANCE = "acceptance"
    NEWS = "news"
    FIRST_VISIT = "first_visit"
    RESOLUTION = "resolution"
    ANSWER = "answer"


class Location(StrEnum):
    """Where the fault is: inside the home, or in the common parts."""

    PRIVATE = "private"
    COMMON = "common"


class CategoryLocation(StrEnum):
    """Where a category may be: ``both`` asks the agent, ``none`` has no place."""

    PRIVATE = "private"
    COMMON = "common"
    BOTH = "both"
    NONE = "none"


class Priority(StrEnum):
    """How fast: P0 now, P1 4 h around the clock, P2 24 h, P3 5 and P4 10 working days."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def is_urgent(self) -> bool:
        """P0 and P1 run around the clock and reach the on-call service; the others never do."""
        return self in {Priority.P0, Priority.P1}


class Family(StrEnum):
    """The letter a category's code starts with."""

    TECHNICAL = "T"
    ADMINISTRATIVE = "A"
    NEIGHBOURHOOD = "V"
    COMPLAINT = "C"
    SYNDIC = "S"
    LAND = "F"
    OTHER = "X"


class Equipment(StrEnum):
    """What a maintenance contract covers."""

    LIFT = "lift"
    COLLECTIVE_HEATING = "collective_heating"
    INDIVIDUAL_BOILER = "individual_boiler"
    PLUMBING = "plumbing"
    ELECTRICITY = "electricity"
    VENTILATION = "ventilation"
    ACCESS_CONTROL = "access_control"
    LOCKS = "locks"
    ROOF = "roof"
    PEST_CONTROL = "pest_control"
    GROUNDS = "grounds"


class Hours(StrEnum):
    """When a rule applies."""

    BUSINESS = "business"
    ON_CALL = "on_call"


class CallerRole(StrEnum):
    """What the caller is to the place; a rule may ask for one."""

    TENANT = "tenant"
    OCCUPANT = "occupant"
    CO_OWNER = "co_owner"
    THIRD_PARTY = "third_party"
    ANONYMOUS = "anonymous"
    LAND_OWNER = "land_owner"


class DestinationKind(StrEnum):
    """Who a ticket is sent to, before the organisation and the team are known."""

    MEMBER_TEAM = "member_team"  # a team of the member, by id or by kind
    AGENCY = "agency"  # the agency of the residence
    CARETAKER = "caretaker"  # the caretaker of the residence
    CONTRACTOR_BY_CONTRACT = "contractor_by_contract"  # whose contract covers the equipment
    SYNDIC = "syndic"  # the syndic of the co-owned building
    ON_CALL = "on_call"  # the member's on-call service
    ORGANISATION = "organisation"  # one named organisation
    CALL_AGENT = "call_agent"  # solved in the call, by the agent who took it
    SIGNPOST = "signpost"  # told where to turn; no identity is kept
    OTHER_MEMBER = "other_member"  # the landlord whose home it is
    TRIAGE = "triage"  # the platform's triage: where what has no place goes


class WhatIfState(StrEnum):
    """How far the trying of a draft on past tickets has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Payer(StrEnum):
    """Who pays, as far as one may say before anybody has looked."""

    TENANT = "tenant"
    LANDLORD = "landlord"
    CONTRACT = "contract"  # the maintenance contract, paid by the landlord or through charges
    INSURER = "insurer"
    SYNDIC = "syndic"
    BUILDER = "builder"  # while a warranty of the works runs
    TO_CHECK = "to_check"  # the cause isn't known


class Warranty(StrEnum):
    """The warranties of new works, from the handing-over (code civil, art. 1792 and following)."""

    COMPLETION = "completion"  # one year, everything that is reported (art. 1792-6)
    EQUIPMENT = "equipment"  # two years, equipment that can be taken apart (art. 1792-3)
    STRUCTURE = "structure"  # ten years, solidity and fitness for use (art. 1792-4-1)
