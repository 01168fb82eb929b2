"""Kinds and states of the members room."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is to the platform."""

    PLATFORM = "platform"
    LANDLORD = "landlord"
    SYNDIC = "syndic"
    CONTRACTOR = "contractor"
    OTHER = "other"


class TeamKind(StrEnum):
    """What a team of a member does; routing rules name these, not people."""

    TRIAGE = "triage"
    AGENCY = "agency"
    CARETAKER = "caretaker"
    MAINTENANCE = "maintenance"
    ON_CALL = "on_call"
    RENT = "rent"
    CHARGES = "charges"
    ARREARS = "arrears"
    ALLOCATIONS = "allocations"
    DEVELOPMENT = "development"
    QUALITY = "quality"
    DPO = "dpo"
    CO_OWNERSHIP = "co_ownership"
    CO_OWNERSHIP_CLAIMS = "co_ownership_claims"
    LAND = "land"
    SALES = "sales"
    SAFETY = "safety"


class Service(StrEnum):
    """The three services a line may carry."""

    TENANTS = "tenants"
    SYNDIC = "syndic"
    LAND = "land"
