"""Kinds and states of the estate room."""

from enum import StrEnum


class Ownership(StrEnum):
    """Who owns the building: the landlord alone, or co-owners with a syndic."""

    SINGLE = "single"
    CONDO = "condo"


class OccupancyRole(StrEnum):
    """What a person is to a dwelling."""

    TENANT = "tenant"
    CO_TENANT = "co_tenant"
    OCCUPANT = "occupant"
    GUARANTOR = "guarantor"
    CO_OWNER = "co_owner"
    OTHER = "other"


class PhoneKind(StrEnum):
    """What a number can do: a landline receives no SMS."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"


class NumberFlag(StrEnum):
    """Why messages to a number are held back."""

    NONE = ""
    LANDLINE = "landline"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    INVALID = "invalid"


class ImportKind(StrEnum):
    """What a member's file holds."""

    DWELLINGS = "dwellings"
    LEASES = "leases"
    CONTRACTS = "contracts"


class ImportState(StrEnum):
    """How far an import has come. Only ``done`` has changed anything, and then as a whole."""

    QUEUED = "queued"
    RUNNING = "running"
    TO_CONFIRM = "to_confirm"
    DONE = "done"
    FAILED = "failed"


class ContactLanguage(StrEnum):
    """The languages that a person can be written to in: those that the texts exist in."""

    FRENCH = "fr"
    ENGLISH = "en"


class FlagKind(StrEnum):
    """What a home's flag is about. The last two are read only by those who need them."""

    WORKS = "works"
    PROCEDURE = "procedure"
    VULNERABILITY = "vulnerability"


class ChangeSource(StrEnum):
    """Who changed a field of the estate."""

    IMPORT = "import"
    AGENT = "agent"
