"""The default catalogue: what calls are about, in the members' trade. A member may change it all.

Source: the members' own table of categories (mission, "Categories"). The technical half is in
``catalogue_technical``, the rest here, who pays and what to say in ``catalogue_guidance``;
``CATALOGUE`` is all of it, in the table's order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from callcenter.members.clock_rules import SAME_CALL, Target, TargetUnit
from callcenter.routing.catalogue_guidance import guided
from callcenter.routing.catalogue_technical import TECHNICAL
from callcenter.routing.catalogue_types import Category, Choice, Handler, Question, Safety
from callcenter.routing.states import (
    CategoryLocation,
    DestinationKind,
    Priority,
    Service,
    TeamKind,
)

_TENANTS: Final = frozenset({Service.TENANTS})
_SYNDIC: Final = frozenset({Service.SYNDIC})
_LAND: Final = frozenset({Service.LAND})
_EVERY: Final = frozenset(Service)
_AGENCY: Final = Handler(DestinationKind.AGENCY)


def _team(kind: TeamKind) -> Handler:
    return Handler(DestinationKind.MEMBER_TEAM, kind)


def _days(days: int) -> Target:
    return Target(days, TargetUnit.WORKING_DAYS)


_ADMINISTRATIVE: Final = (
    Category(
        "A-DOC", "Quittance, attestation", CategoryLocation.NONE, Priority.P4,
        Handler(DestinationKind.CALL_AGENT), _TENANTS, target=_days(2),
        synonyms=("avis d'échéance", "attestation de loyer", "duplicata", "copie du bail",
                  "justificatif de domicile", "document"),
    ),
    Category(
        "A-ASS", "Attestation d'assurance", CategoryLocation.NONE, Priority.P4, _AGENCY, _TENANTS,
        synonyms=("assurance habitation", "multirisque", "relance assurance", "envoyer assurance"),
    ),
    Category(
        "A-APL", "APL / CAF", CategoryLocation.NONE, Priority.P4, _team(TeamKind.RENT), _TENANTS,
        synonyms=("aide au logement", "allocation logement", "MSA", "RLS", "dossier CAF"),
    ),
    Category(
        "A-PAY", "Paiement, impayé", CategoryLocation.NONE, Priority.P4, _team(TeamKind.ARREARS),
        _TENANTS, target=_days(5), restricted=True,
        synonyms=("loyer", "prélèvement", "échéancier", "dette", "retard de paiement", "plan",
                  "mise en demeure", "huissier", "RIB", "payer", "surendettement"),
    ),
    Category(
        "A-CHG", "Charges", CategoryLocation.NONE, Priority.P4, _team(TeamKind.CHARGES), _TENANTS,
        synonyms=("régularisation", "décompte", "provision", "facture d'eau", "compteur d'eau",
                  "relevé", "hausse de loyer"),
    ),
    Category(
        "A-CON", "Congé, état des lieux, dépôt de garantie", CategoryLocation.NONE, Priority.P4,
        _AGENCY, _TENANTS, target=_days(5),
        synonyms=("préavis", "départ", "déménagement", "quitter le logement", "caution", "EDL",
                  "remise des clés", "pré-visite"),
    ),
    Category(
        "A-DLS", "Demande de logement, mutation", CategoryLocation.NONE, Priority.P4,
        _team(TeamKind.ALLOCATIONS), _TENANTS,
        synonyms=("changer de logement", "logement plus grand", "échange", "numéro unique",
                  "attribution", "candidature", "chercher un logement"),
    ),
)  # fmt: skip

_NEIGHBOURHOOD: Final = (
    Category(
        "V-TRB", "Troubles de voisinage", CategoryLocation.BOTH, Priority.P4, _AGENCY, _TENANTS,
        synonyms=("bruit", "tapage", "voisin", "nuisances sonores", "chien", "musique",
                  "squat du hall", "incivilités", "rassemblement"),
        questions=(
            Question("danger", "Quelqu'un est-il en danger en ce moment ?", (
                Choice("yes", "Oui", Priority.P0, switch_to="V-DAN",
                       advice="Faire appeler le 17 (ou le 114 par SMS) tout de suite."),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "V-DAN", "Violence, danger immédiat", CategoryLocation.BOTH, Priority.P0,
        _team(TeamKind.SAFETY), _TENANTS, restricted=True,
        safety=Safety("17", (
            "Êtes-vous en sécurité pour parler ? Mettez-vous à l'abri et appelez le 17, ou "
            "envoyez un SMS au 114 si vous ne pouvez pas parler. Violences conjugales : 3919. "
            "Enfant en danger : 119. Nous prévenons la personne désignée chez votre bailleur."
        )),
        synonyms=("agression", "menaces", "coups", "violences conjugales", "arme", "bagarre",
                  "enfant en danger", "intrusion"),
    ),
)  # fmt: skip

_COMPLAINTS: Final = (
    Category(
        "C-REC", "Plainte sur le service", CategoryLocation.NONE, Priority.P4,
        _team(TeamKind.QUALITY), _EVERY,
        synonyms=("mécontent", "réclamation", "personne ne répond", "insatisfait", "médiateur",
                  "intervention mal faite", "courrier sans réponse"),
    ),
    Category(
        "C-RGPD", "Droit d'accès, effacement", CategoryLocation.NONE, Priority.P4,
        _team(TeamKind.DPO), _EVERY, target=Target(1, TargetUnit.MONTHS), restricted=True,
        synonyms=("données personnelles", "CNIL", "DPO", "rectification", "opposition",
                  "mes données", "vie privée"),
    ),
)  # fmt: skip

_SYNDIC_LINE: Final = (
    Category(
        "S-URG", "Syndic : urgence", CategoryLocation.COMMON, Priority.P1,
        Handler(DestinationKind.ON_CALL), _SYNDIC,
        synonyms=("fuite copropriété", "ascenseur copropriété", "urgence immeuble", "inondation"),
        questions=(
            Question("trapped", "Quelqu'un est-il bloqué dans l'ascenseur ?", (
                Choice("yes", "Oui", Priority.P0,
                       advice="Rester en ligne, faire appuyer sur l'alarme ; malaise : 18 ou 112."),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "S-TEC", "Syndic : technique", CategoryLocation.COMMON, Priority.P3,
        _team(TeamKind.CO_OWNERSHIP), _SYNDIC,
        synonyms=("panne copropriété", "travaux", "entretien immeuble", "éclairage copropriété"),
    ),
    Category(
        "S-ADM", "Syndic : AG, charges, vente", CategoryLocation.NONE, Priority.P4,
        _team(TeamKind.CO_OWNERSHIP), _SYNDIC,
        synonyms=("assemblée générale", "procès-verbal", "appel de fonds", "état daté", "notaire",
                  "pré-état daté", "charges de copropriété", "mutation de lot"),
    ),
    Category(
        "S-SIN", "Syndic : sinistre", CategoryLocation.BOTH, Priority.P3,
        _team(TeamKind.CO_OWNERSHIP_CLAIMS), _SYNDIC,
        synonyms=("dégât des eaux copropriété", "assurance immeuble", "expert", "constat"),
    ),
)  # fmt: skip

_LAND_LINE: Final = (
    Category(
        "F-FON", "Contact foncier (terrain)", CategoryLocation.NONE, Priority.P4,
        _team(TeamKind.LAND), _LAND, target=_days(2),
        synonyms=("vendre un terrain", "parcelle", "mairie", "proposition foncière", "promoteur",
                  "viager", "succession"),
    ),
    Category(
        "F-ACC", "Accession, vente HLM", CategoryLocation.NONE, Priority.P4,
        _team(TeamKind.SALES), frozenset({Service.TENANTS, Service.LAND}), target=_days(2),
        synonyms=("acheter mon logement", "achat", "PSLA", "BRS", "accession sociale",
                  "logement en vente", "visite d'un bien"),
    ),
)  # fmt: skip

_OTHER: Final = (
    Category(
        "X-OTH", "Hors périmètre", CategoryLocation.NONE, Priority.P4,
        Handler(DestinationKind.SIGNPOST), _EVERY, target=SAME_CALL, opens_ticket=False,
        synonyms=("erreur de numéro", "autre bailleur", "démarchage", "faux numéro", "orienter"),
    ),
)  # fmt: skip

CATALOGUE: Final[tuple[Category, ...]] = guided(
    (
        *TECHNICAL,
        *_ADMINISTRATIVE,
        *_NEIGHBOURHOOD,
        *_COMPLAINTS,
        *_SYNDIC_LINE,
        *_LAND_LINE,
        *_OTHER,
    )
)

BY_CODE: Final[Mapping[str, Category]] = {category.code: category for category in CATALOGUE}
