"""The words of calls, as pages show them."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.calls.states import (
    BreakReason,
    CallerKind,
    CallState,
    Direction,
    Disposition,
    PresenceState,
    TaskKind,
)

DISPOSITIONS: Final[dict[Disposition, LazyString]] = {
    Disposition.TICKET_OPENED: _l("Demande ouverte"),
    Disposition.TICKET_CHASED: _l("Relance d'une demande"),
    Disposition.INCIDENT_JOINED: _l("Rattaché à un incident"),
    Disposition.ANSWERED: _l("Renseignement donné"),
    Disposition.SIGNPOSTED: _l("Orienté ailleurs"),
    Disposition.HANDED_OVER: _l("Remis à un autre membre"),
    Disposition.CALL_BACK: _l("À rappeler"),
    Disposition.CUT_OFF: _l("Appel coupé"),
    Disposition.WRONG_NUMBER: _l("Faux numéro"),
}

# How a call may end without a ticket, in the order of the desk's list.
WITHOUT_TICKET: Final = (
    Disposition.ANSWERED,
    Disposition.SIGNPOSTED,
    Disposition.CALL_BACK,
    Disposition.CUT_OFF,
    Disposition.WRONG_NUMBER,
)

DIRECTIONS: Final[dict[Direction, LazyString]] = {
    Direction.IN: _l("Appel reçu"),
    Direction.OUT: _l("Appel émis"),
}

CALLER_KINDS: Final[dict[CallerKind, LazyString]] = {
    CallerKind.CONTACT: _l("Personne de la base"),
    CallerKind.THIRD_PARTY: _l("Tiers"),
    CallerKind.ANONYMOUS: _l("Anonyme"),
}

CALL_STATES: Final[dict[CallState, LazyString]] = {
    CallState.RINGING: _l("Sonne"),
    CallState.WAITING: _l("En attente"),
    CallState.ANSWERED: _l("En cours"),
    CallState.WRAP_UP: _l("Après-appel"),
    CallState.ENDED: _l("Terminé"),
    CallState.ABANDONED: _l("Abandonné"),
}

SERVICES: Final[dict[str, LazyString]] = {
    "tenants": _l("Relation client"),
    "syndic": _l("Syndic"),
    "land": _l("Prospection"),
}

TASK_KINDS: Final[dict[TaskKind, LazyString]] = {
    TaskKind.CALLBACK: _l("Demande de rappel"),
    TaskKind.VOICEMAIL: _l("Message vocal"),
    TaskKind.ABANDONED: _l("A raccroché en attente"),
    TaskKind.MISSED: _l("Appel manqué"),
}

PRESENCES: Final[dict[PresenceState, LazyString]] = {
    PresenceState.AVAILABLE: _l("Disponible"),
    PresenceState.ON_CALL: _l("En appel"),
    PresenceState.WRAP_UP: _l("Après-appel"),
    PresenceState.BREAK: _l("Pause"),
    PresenceState.AWAY: _l("Absent"),
}

BREAK_REASONS: Final[dict[BreakReason, LazyString]] = {
    BreakReason.REST: _l("Pause"),
    BreakReason.LUNCH: _l("Déjeuner"),
    BreakReason.MEETING: _l("Réunion"),
    BreakReason.TRAINING: _l("Formation"),
    BreakReason.PAPERWORK: _l("Travail administratif"),
}

# Where a number that is nobody's own was seen (see ``caller_index``).
SEEN_IN: Final[dict[str, LazyString]] = {
    "call": _l("appel du %(day)s"),
    "ticket": _l("demande %(reference)s du %(day)s"),
    "text": _l("SMS du %(day)s"),
}
