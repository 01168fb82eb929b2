"""The words in which people read the states and reasons of tickets."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.tickets.states import (
    AssignmentState,
    HoldCause,
    RefusalReason,
    ResolutionCode,
    TicketState,
    VisitState,
)
from callcenter.ui.words import PRIORITY_WORDS

TICKET_STATES: Final[dict[str, LazyString]] = {
    TicketState.OPEN: _l("À traiter"),
    TicketState.PLANNED: _l("Planifiée"),
    TicketState.ON_HOLD: _l("En attente"),
    TicketState.RESOLVED: _l("Résolue"),
    TicketState.CLOSED: _l("Close"),
    TicketState.CANCELLED: _l("Annulée"),
}

ASSIGNMENT_STATES: Final[dict[str, LazyString]] = {
    AssignmentState.OFFERED: _l("à accepter"),
    AssignmentState.ACCEPTED: _l("acceptée"),
    AssignmentState.REFUSED: _l("refusée"),
    AssignmentState.WITHDRAWN: _l("retirée"),
    AssignmentState.DONE: _l("terminée"),
}

REFUSAL_REASONS: Final[dict[str, LazyString]] = {
    RefusalReason.NOT_OURS: _l("Ce n'est pas de notre ressort"),
    RefusalReason.OUT_OF_AREA: _l("Hors de notre secteur"),
    RefusalReason.DUPLICATE: _l("Déjà signalé (doublon)"),
    RefusalReason.INFORMATION_MISSING: _l("Il manque des informations"),
    RefusalReason.OTHER: _l("Autre raison (à préciser)"),
}

HOLD_CAUSES: Final[dict[str, LazyString]] = {
    HoldCause.TENANT: _l("Réponse du locataire attendue"),
    HoldCause.PART: _l("Pièce ou matériel commandé"),
    HoldCause.INSURER: _l("Réponse de l'assurance attendue"),
    HoldCause.ACCESS: _l("Accès au logement impossible"),
}

# What the tenant reads of the same causes: said to the person, without a reproach.
HOLD_CAUSES_FOR_TENANT: Final[dict[str, LazyString]] = {
    HoldCause.TENANT: _l("nous attendons votre réponse"),
    HoldCause.PART: _l("une pièce est commandée"),
    HoldCause.INSURER: _l("nous attendons l'assurance"),
    HoldCause.ACCESS: _l("nous n'avons pas pu entrer"),
}

RESOLUTION_CODES: Final[dict[str, LazyString]] = {
    ResolutionCode.REPAIRED: _l("Réparé"),
    ResolutionCode.TEMPORARY: _l("Réparation provisoire"),
    ResolutionCode.ANSWERED: _l("Réponse donnée"),
    ResolutionCode.TENANT_COST: _l("À la charge du locataire"),
    ResolutionCode.NOTHING_FOUND: _l("Rien constaté sur place"),
    ResolutionCode.NO_ACCESS: _l("Personne sur place, accès impossible"),
}

VISIT_STATES: Final[dict[str, LazyString]] = {
    VisitState.PLANNED: _l("prévue"),
    VisitState.MOVED: _l("déplacée"),
    VisitState.CANCELLED: _l("annulée"),
    VisitState.DONE: _l("passée"),
}

LOCATIONS: Final[dict[str, LazyString]] = {
    "private": _l("Partie privative"),
    "common": _l("Partie commune"),
}

PRIORITIES: Final = PRIORITY_WORDS

SERVICES: Final[dict[str, LazyString]] = {
    "tenants": _l("Relation client"),
    "syndic": _l("Syndic"),
    "land": _l("Prospection"),
}

# The built-in views of the list.
VIEWS: Final[dict[str, LazyString]] = {
    "to-accept": _l("À accepter"),
    "answers": _l("Réponses à lire"),
    "late": _l("En retard"),
    "soon": _l("Échéance proche"),
    "today": _l("Aujourd'hui"),
    "mine": _l("Mes demandes"),
    "on-hold": _l("En attente"),
    "escalated": _l("À décider"),
    "silent": _l("Sans nouvelles"),
    "unanswered": _l("Sans réponse"),
    "held-long": _l("Attente trop longue"),
    "triage": _l("À trier"),
    "open": _l("En cours"),
    "all": _l("Toutes"),
}
# What each view holds, in a sentence, above its list.
VIEW_HINTS: Final[dict[str, LazyString]] = {
    "soon": _l("L'échéance tombe d'ici la fin du prochain jour ouvré."),
    "silent": _l(
        "Le locataire n'a rien appris depuis plusieurs jours ouvrés. Un message « nous ne vous "
        "oublions pas » part une fois, de jour ; une vraie nouvelle vaut mieux."
    ),
    "unanswered": _l(
        "L'organisme n'a ni accepté ni refusé dans le délai : la demande est revenue à la "
        "plateforme."
    ),
    "held-long": _l("Le délai est en pause depuis trop de jours : vérifiez que la cause dure."),
    "escalated": _l(
        "Le locataire a relancé plusieurs fois, ou la demande passe d'un organisme à l'autre : "
        "quelqu'un doit décider."
    ),
}
