"""The words of routing on screen: what a person chooses from when setting it up.

The sentences of a decision are kept apart (``wording``): they are pure and stay on tickets.
"""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.members.clock_rules import TargetUnit
from callcenter.routing.promises import Origin
from callcenter.routing.states import (
    CallerRole,
    CategoryLocation,
    DestinationKind,
    Equipment,
    Family,
    Hours,
    Location,
    Ownership,
    Payer,
    Stage,
    Warranty,
)

Words = dict[str, LazyString]

LOCATIONS: Final[Words] = {
    Location.PRIVATE: _l("partie privative"),
    Location.COMMON: _l("partie commune"),
}
CATEGORY_LOCATIONS: Final[Words] = {
    CategoryLocation.PRIVATE: _l("Partie privative"),
    CategoryLocation.COMMON: _l("Partie commune"),
    CategoryLocation.BOTH: _l("L'une ou l'autre : l'agent le demande"),
    CategoryLocation.NONE: _l("Sans lieu"),
}
OWNERSHIP: Final[Words] = {
    Ownership.SINGLE: _l("immeuble du seul bailleur"),
    Ownership.CONDO: _l("copropriété"),
}
HOURS: Final[Words] = {
    Hours.BUSINESS: _l("aux heures d'ouverture"),
    Hours.ON_CALL: _l("en astreinte"),
}
CALLER_ROLES: Final[Words] = {
    CallerRole.TENANT: _l("locataire"),
    CallerRole.OCCUPANT: _l("occupant"),
    CallerRole.CO_OWNER: _l("copropriétaire"),
    CallerRole.THIRD_PARTY: _l("tiers"),
    CallerRole.ANONYMOUS: _l("anonyme"),
    CallerRole.LAND_OWNER: _l("propriétaire d'un terrain"),
}
FAMILIES: Final[Words] = {
    Family.TECHNICAL: _l("T · technique"),
    Family.ADMINISTRATIVE: _l("A · administratif"),
    Family.NEIGHBOURHOOD: _l("V · voisinage"),
    Family.COMPLAINT: _l("C · réclamation"),
    Family.SYNDIC: _l("S · syndic"),
    Family.LAND: _l("F · foncier"),
    Family.OTHER: _l("X · hors périmètre"),
}
EQUIPMENT: Final[Words] = {
    Equipment.LIFT: _l("ascenseur"),
    Equipment.COLLECTIVE_HEATING: _l("chauffage collectif"),
    Equipment.INDIVIDUAL_BOILER: _l("chaudière individuelle"),
    Equipment.PLUMBING: _l("robinetterie et multiservice"),
    Equipment.ELECTRICITY: _l("électricité"),
    Equipment.VENTILATION: _l("ventilation"),
    Equipment.ACCESS_CONTROL: _l("contrôle d'accès"),
    Equipment.LOCKS: _l("serrurerie"),
    Equipment.ROOF: _l("toiture"),
    Equipment.PEST_CONTROL: _l("nuisibles"),
    Equipment.GROUNDS: _l("espaces verts"),
}
PAYERS: Final[Words] = {
    Payer.TENANT: _l("locataire"),
    Payer.LANDLORD: _l("bailleur"),
    Payer.CONTRACT: _l("contrat d'entretien, s'il est en vigueur"),
    Payer.INSURER: _l("assureur"),
    Payer.SYNDIC: _l("syndic"),
    Payer.BUILDER: _l("constructeur, sous garantie"),
    Payer.TO_CHECK: _l("à vérifier"),
}
WARRANTIES: Final[Words] = {
    Warranty.COMPLETION: _l("parfait achèvement en cours (un an)"),
    Warranty.EQUIPMENT: _l("garantie biennale en cours (deux ans)"),
    Warranty.STRUCTURE: _l("garantie décennale en cours (dix ans)"),
}
WARRANTY_NAMES: Final[Words] = {
    Warranty.COMPLETION: _l("Parfait achèvement (art. 1792-6)"),
    Warranty.EQUIPMENT: _l("Biennale, équipements (art. 1792-3)"),
    Warranty.STRUCTURE: _l("Décennale, solidité (art. 1792-4-1)"),
}
# Those that a person may choose; another member's home is recognised, never chosen.
DESTINATIONS: Final[Words] = {
    DestinationKind.CONTRACTOR_BY_CONTRACT: _l("Le prestataire sous contrat pour l'équipement"),
    DestinationKind.MEMBER_TEAM: _l("Une équipe du bailleur"),
    DestinationKind.AGENCY: _l("L'agence de la résidence"),
    DestinationKind.CARETAKER: _l("Le gardien de la résidence"),
    DestinationKind.SYNDIC: _l("Le syndic de l'immeuble"),
    DestinationKind.ON_CALL: _l("L'astreinte"),
    DestinationKind.ORGANISATION: _l("Un partenaire désigné"),
    DestinationKind.CALL_AGENT: _l("L'agent, pendant l'appel"),
    DestinationKind.SIGNPOST: _l("Orienter l'appelant, sans rien garder"),
    DestinationKind.TRIAGE: _l("Le triage de la plateforme"),
}
UNITS: Final[Words] = {
    TargetUnit.MINUTES: _l("minutes, jour et nuit"),
    TargetUnit.HOURS: _l("heures, jour et nuit"),
    TargetUnit.OPEN_DAY_HOURS: _l("heures, les jours ouvrés"),
    TargetUnit.WORKING_HOURS: _l("heures d'ouverture"),
    TargetUnit.WORKING_DAYS: _l("jours ouvrés"),
    TargetUnit.MONTHS: _l("mois"),
    TargetUnit.SAME_CALL: _l("pendant l'appel"),
}

# In the table of promises, where a word has little room.
SHORT_UNITS: Final[Words] = {
    TargetUnit.MINUTES: _l("min"),
    TargetUnit.HOURS: _l("h, jour et nuit"),
    TargetUnit.OPEN_DAY_HOURS: _l("h, jours ouvrés"),
    TargetUnit.WORKING_HOURS: _l("h d'ouverture"),
    TargetUnit.WORKING_DAYS: _l("j ouvrés"),
    TargetUnit.MONTHS: _l("mois"),
}

STAGES: Final[Words] = {
    Stage.ACCEPTANCE: _l("Acceptation"),
    Stage.NEWS: _l("Premières nouvelles"),
    Stage.FIRST_VISIT: _l("Première visite"),
    Stage.RESOLUTION: _l("Résolution"),
    Stage.ANSWER: _l("Réponse"),
}
STAGE_HINTS: Final[Words] = {
    Stage.ACCEPTANCE: _l("Sans réponse de l'organisme, la demande revient à la plateforme."),
    Stage.NEWS: _l("Promesse de la plateforme : le locataire apprend quelque chose avant."),
    Stage.FIRST_VISIT: _l("Quelqu'un est passé. Vide : aucune promesse."),
    Stage.RESOLUTION: _l("L'échéance d'une demande qui a un lieu."),
    Stage.ANSWER: _l("L'échéance d'une demande sans lieu."),
}

# Where a delay comes from, for the page of a category.
ORIGINS: Final[dict[str, LazyString]] = {
    Origin.EXCEPTION: _l("exception de ce bailleur pour ce motif"),
    Origin.CATEGORY: _l("délai propre au motif, ci-contre"),
    Origin.MEMBER: _l("délais de ce bailleur pour tous les motifs"),
    Origin.CATALOGUE: _l("catalogue commun, pour ce motif"),
    Origin.DEFAULT: _l("catalogue commun, pour cette priorité"),
}
