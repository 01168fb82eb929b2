"""Who pays, and what the agent checks and says, for each category of the default catalogue.

Guidance, never a promise: see ``payment_rules`` for when it is given and when it is not. Sources:
loi 89-462, art. 6 (the landlord delivers and keeps a decent home) and 7 (the tenant's upkeep, "sauf
si elles sont occasionnées par vétusté, malfaçon, vice de construction, cas fortuit ou force
majeure"); décret 87-712 (tenant repairs); décret 82-955 (recoverable charges of social housing);
décret 2002-120 (decency); loi 65-557 (co-ownership); code civil, art. 1733 and 1792.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from callcenter.routing.catalogue_types import Category, Payment
from callcenter.routing.states import Payer

_REPAIRS: Final = "décret 87-712, annexe"
_UPKEEP: Final = "loi 89-462, art. 6"
_DECENT: Final = "loi 89-462, art. 6 ; décret 2002-120"
_CHARGES: Final = "décret 82-955, annexe"
_AGE: Final = (
    "Vétusté, malfaçon ou cas fortuit : jamais à la charge du locataire (loi 89-462, art. 7)."
)

# code: who pays, source, what to know, what the agent checks and says.
_GUIDANCE: Final[Mapping[str, tuple[Payer | None, str, str, str]]] = {
    "T-GAZ": (
        Payer.TO_CHECK, "loi 89-462, art. 6 et 7",
        ("Le flexible et le robinet de la cuisinière sont au locataire (décret 87-712, IV) ; "
        "la colonne et l'installation fixe, au bailleur."),
        ("La sécurité d'abord ; le reste se voit quand le gaz est coupé. Ne rien promettre sur le "
        "retour du gaz."),
    ),
    "T-INC": (
        Payer.INSURER, "code civil, art. 1733 ; loi 89-462, art. 7 g",
        "Le locataire déclare le sinistre à son assureur sous cinq jours ouvrés.",
        "Après les secours : quelqu'un est-il sans toit ce soir ? Le noter pour l'astreinte.",
    ),
    "T-ASP": (
        Payer.CONTRACT, f"{_CHARGES}, I",
        "Le dégagement des personnes est compris dans le contrat d'entretien.",
        ("Demander l'étage, le nombre de personnes, un numéro où rappeler. Rappeler dans les "
        "dix minutes."),
    ),
    "T-STR": (
        Payer.LANDLORD, "loi 89-462, art. 6 ; code civil, art. 1792",
        "Clos, couvert et solidité sont au bailleur, ou à son assureur.",
        "Faire dégager la zone. Demander ce qui est tombé, d'où, et si quelqu'un passe dessous.",
    ),
    "T-ASC": (
        Payer.CONTRACT, f"{_CHARGES}, I",
        "L'entretien et les petites réparations sont dans le contrat ; les grosses, au bailleur.",
        ("Demander l'étage d'arrêt, et si une personne à mobilité réduite est empêchée de sortir "
        "ou de rentrer."),
    ),
    "T-FUI": (
        Payer.TO_CHECK, "loi 89-462, art. 6 et 7",
        "La cause décide : joint ou flexible, canalisation encastrée, voisin, parties communes. "
        + _AGE,
        ("Faire couper l'eau. Demander où l'eau va (voisin du dessous, électricité). Rappeler que "
        "le locataire déclare le dégât à son assureur."),
    ),
    "T-PLB": (
        Payer.CONTRACT, f"{_REPAIRS}, IV ; {_CHARGES}, III",
        "Joints, clapets et flexibles sont de l'entretien courant ; le contrat multiservice les "
        "prend s'il couvre le logement. " + _AGE,
        "Demander quel appareil, depuis quand, et si l'eau peut être coupée.",
    ),
    "T-EVA": (
        Payer.TO_CHECK, f"{_REPAIRS}, IV",
        ("Le dégorgement est au locataire jusqu'à la colonne, sauf si elle est en cause ; un seul "
        "logement ou plusieurs, c'est le signe."),
        "Demander si les voisins refoulent aussi, et ce qui a été jeté ou versé.",
    ),
    "T-ELE": (
        Payer.LANDLORD, _DECENT,
        ("L'installation fixe est au bailleur ; ampoules, fusibles et petits appareillages au "
        "locataire (décret 87-712, V)."),
        ("Faire vérifier le disjoncteur général et le compteur ; demander si l'immeuble ou la rue "
        "sont touchés."),
    ),
    "T-ELP": (
        Payer.TO_CHECK, f"{_REPAIRS}, V ; décret 2002-120",
        "Interrupteur, prise ou fusible : entretien courant ; circuit ou tableau : bailleur.",
        "Faire débrancher les appareils un à un. Ni odeur ni étincelle ?",
    ),
    "T-CHC": (
        Payer.CONTRACT, f"{_CHARGES}, II",
        "L'exploitant est payé par les charges ; les grosses réparations par le bailleur.",
        "Demander si c'est le chauffage, l'eau chaude ou les deux, dans tout l'immeuble ou non.",
    ),
    "T-CHI": (
        Payer.CONTRACT, f"{_REPAIRS}, IV ; {_CHARGES}, III",
        "L'entretien annuel est au contrat s'il existe ; un appareil à remplacer est au bailleur.",
        ("Demander la marque, le code affiché, la pression. Jeune enfant ou personne fragile : le "
        "noter."),
    ),
    "T-SER": (
        Payer.TO_CHECK, f"{_REPAIRS}, II",
        ("Clés égarées, petites pièces : locataire ; serrure usée : bailleur ; effraction : "
        "assureur, après plainte."),
        "Ne pas conseiller un serrurier par son nom. Le logement peut-il rester fermé cette nuit ?",
    ),
    "T-MEN": (
        Payer.TO_CHECK, f"{_REPAIRS}, II",
        "Vitre cassée, graissage, petites pièces : locataire ; menuiserie usée ou qui ne ferme "
        "plus : bailleur. " + _AGE,
        "Demander la pièce, ce qui est cassé et comment c'est arrivé.",
    ),
    "T-VMC": (
        Payer.CONTRACT, f"{_CHARGES}, III ; décret 2002-120",
        ("Le nettoyage des bouches est au locataire ; le groupe et les conduits, au contrat ou au "
        "bailleur."),
        "Les bouches sont-elles dégagées ? Le voisin est-il touché ?",
    ),
    "T-HUM": (
        Payer.TO_CHECK, _DECENT,
        "Infiltration, pont thermique, ventilation ou usage : la visite le dira.",
        ("Ne pas parler d'aération comme d'une faute. Demander les pièces, depuis quand, et des "
        "photos par le lien du SMS."),
    ),
    "T-TOI": (
        Payer.LANDLORD, _UPKEEP,
        "Le clos et le couvert sont au bailleur.",
        "Demander l'étage, où l'eau arrive, et si elle approche de l'électricité.",
    ),
    "T-DDE": (
        Payer.INSURER, "loi 89-462, art. 7 g",
        ("Chacun déclare à son assureur sous cinq jours ouvrés ; le constat amiable se fait avec "
        "le voisin."),
        "L'eau coule-t-elle encore ? A-t-on l'étage et le nom du voisin ? Proposer le constat.",
    ),
    "T-ACC": (
        Payer.CONTRACT, f"{_CHARGES}, VII",
        "L'entretien est au contrat ; un badge ou une télécommande perdus, au locataire.",
        "Demander la porte, et si l'immeuble reste ouvert à tous ou fermé à tous.",
    ),
    "T-ECL": (
        Payer.LANDLORD, f"{_CHARGES}, IV",
        "Ampoules et minuteries des communs passent dans les charges.",
        "Demander l'étage ou l'escalier, et si tout est noir.",
    ),
    "T-PRO": (
        Payer.LANDLORD, f"{_CHARGES}, IV et VI",
        "Le nettoyage passe dans les charges ; un dépôt dont l'auteur est connu lui est facturé.",
        "Ne pas noter de nom sans fait constaté. Demander où et depuis quand.",
    ),
    "T-NUI": (
        Payer.TO_CHECK, f"{_UPKEEP} ; {_CHARGES}, VI",
        "Le bailleur remet un logement sans infestation ; les produits passent dans les charges.",
        ("Demander quel animal, quelles pièces, et si les voisins en ont. Aucun jugement sur la "
        "propreté."),
    ),
    "T-ESV": (
        Payer.CONTRACT, f"{_CHARGES}, V",
        "L'entretien courant passe dans les charges ; l'abattage est au bailleur.",
        "Demander l'endroit exact, et si un passage est gêné.",
    ),
    "T-GPA": (
        Payer.BUILDER, "code civil, art. 1792-6",
        "Pendant un an, l'entreprise répare ce qui est signalé : le locataire ne paie rien.",
        "Demander la date d'entrée et ce qui figure à l'état des lieux.",
    ),
    "A-DOC": (None, "", "", "Vérifier l'identité (naissance ou numéro de bail) avant d'envoyer."),
    "A-ASS": (
        None, "", "", ("L'attestation est due chaque année (loi 89-462, art. 7 g). Rappeler "
        "l'adresse où l'envoyer.")
    ),
    "A-APL": (None, "", "", "Ne pas promettre de montant : la CAF ou la MSA décide."),
    "A-PAY": (
        None, "", "", ("Écouter, ne pas juger. Proposer un rendez-vous ; ne rien noter de la vie "
        "privée.")
    ),
    "A-CHG": (None, "", "", "Demander l'année et le poste. Le décompte est consultable six mois."),
    "A-CON": (
        None, "", "", ("Le préavis part de la réception de la lettre : demander la date et le motif "
        "s'il réduit le délai.")
    ),
    "A-DLS": (None, "", "", "Demander le numéro unique. Ne promettre ni délai ni logement."),
    "V-TRB": (
        None, "", "", ("Des faits, des dates, des heures. Le nom de l'appelant n'est jamais donné "
        "au voisin.")
    ),
    "V-DAN": (
        None, "", "", "Parler bas, phrases courtes. Ne pas rappeler sans l'accord de la personne."
    ),
    "C-REC": (None, "", "", "Ne pas se justifier : reformuler, noter ce qui est attendu."),
    "C-RGPD": (None, "", "", "Vérifier l'identité. Réponse sous un mois (RGPD, art. 12)."),
    "S-URG": (
        Payer.SYNDIC, "loi 65-557, art. 14 et 18", "Les parties communes sont à la copropriété.",
        "Demander le bâtiment, le lot et ce qui est en danger."
    ),
    "S-TEC": (
        Payer.SYNDIC, "loi 65-557, art. 14 et 18", ("Les parties communes sont à la copropriété ; "
        "le privatif, au copropriétaire."), "Demander le lot et si d'autres sont touchés."
    ),
    "S-ADM": (None, "", "", "Demander le lot et, pour une vente, le nom de l'étude."),
    "S-SIN": (
        Payer.INSURER, "loi 65-557, art. 9-1", ("Assureur de l'immeuble ou des lots : la cause le "
        "dira."), "Demander l'assureur, la date, et proposer le constat amiable."
    ),
    "F-FON": (None, "", "", "Demander la commune, la parcelle, la surface. Ne pas parler de prix."),
    "F-ACC": (None, "", "", "L'heure de l'appel fait foi : enregistrer avant de raccrocher."),
    "X-OTH": (None, "", "", "Donner le bon numéro, puis raccrocher sans rien noter."),
}  # fmt: skip


def guided(categories: tuple[Category, ...]) -> tuple[Category, ...]:
    """The categories with who pays and what to say."""
    made = []
    for category in categories:
        payer, source, note, script = _GUIDANCE[category.code]
        payment = Payment(payer, source, note) if payer is not None else None
        made.append(replace(category, payment=payment, script=script))
    return tuple(made)
