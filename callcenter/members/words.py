"""The words in which people read roles, services, and kinds of teams and organisations."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.core.permissions import Role
from callcenter.members.states import OrganisationKind, Service, TeamKind

ROLES: Final[dict[str, LazyString]] = {
    Role.AGENT: _l("Agent d'appel"),
    Role.SUPERVISOR: _l("Superviseur"),
    Role.ADMINISTRATOR: _l("Administrateur"),
    Role.MANAGER: _l("Responsable"),
    Role.STAFF: _l("Collaborateur"),
    Role.CARETAKER: _l("Gardien"),
    Role.CONTRACTOR: _l("Partenaire"),
}

# What a role opens, for whoever gives it.
ROLE_HINTS: Final[dict[str, LazyString]] = {
    Role.AGENT: _l("répond aux appels des membres dont il a le mandat"),
    Role.SUPERVISOR: _l("agent, et voit l'activité et les retards"),
    Role.ADMINISTRATOR: _l("règle les membres, les comptes et l'orientation"),
    Role.MANAGER: _l("collaborateur, et règle son organisme et ses comptes"),
    Role.STAFF: _l("traite les demandes de son organisme"),
    Role.CARETAKER: _l("voit ses immeubles, jamais les loyers"),
    Role.CONTRACTOR: _l("voit les seules demandes qui lui sont confiées"),
}

SERVICES: Final[dict[str, LazyString]] = {
    Service.TENANTS: _l("Relation client"),
    Service.SYNDIC: _l("Syndic"),
    Service.LAND: _l("Prospection foncière"),
}

ORGANISATION_KINDS: Final[dict[str, LazyString]] = {
    OrganisationKind.PLATFORM: _l("Plateforme"),
    OrganisationKind.LANDLORD: _l("Bailleur"),
    OrganisationKind.SYNDIC: _l("Syndic"),
    OrganisationKind.CONTRACTOR: _l("Prestataire"),
    OrganisationKind.OTHER: _l("Autre organisme"),
}

TEAM_KINDS: Final[dict[str, LazyString]] = {
    TeamKind.TRIAGE: _l("Triage"),
    TeamKind.AGENCY: _l("Agence"),
    TeamKind.CARETAKER: _l("Gardiens"),
    TeamKind.MAINTENANCE: _l("Régie"),
    TeamKind.ON_CALL: _l("Astreinte"),
    TeamKind.RENT: _l("Quittancement"),
    TeamKind.CHARGES: _l("Charges"),
    TeamKind.ARREARS: _l("Recouvrement"),
    TeamKind.ALLOCATIONS: _l("Attributions"),
    TeamKind.DEVELOPMENT: _l("Maîtrise d'ouvrage"),
    TeamKind.QUALITY: _l("Qualité"),
    TeamKind.DPO: _l("Protection des données"),
    TeamKind.CO_OWNERSHIP: _l("Copropriété"),
    TeamKind.CO_OWNERSHIP_CLAIMS: _l("Sinistres de copropriété"),
    TeamKind.LAND: _l("Prospection foncière"),
    TeamKind.SALES: _l("Ventes"),
    TeamKind.SAFETY: _l("Sûreté"),
}

DAYS: Final[dict[str, LazyString]] = {
    "mon": _l("Lundi"),
    "tue": _l("Mardi"),
    "wed": _l("Mercredi"),
    "thu": _l("Jeudi"),
    "fri": _l("Vendredi"),
    "sat": _l("Samedi"),
    "sun": _l("Dimanche"),
}
