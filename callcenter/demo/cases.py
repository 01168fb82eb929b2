"""What people call about: the category, the words that an agent notes, and the facts asked for.

Facts and no judgement, as the trade asks of free text: a ticket is disclosable to its subject.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from callcenter.demo.places import Place


@dataclass(frozen=True, slots=True)
class Case:
    """One reason to call. ``needs`` limits it to homes that have such a thing."""

    code: str
    words: str
    location: str = "private"
    weight: int = 3
    answers: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""
    urgent: bool = False

    def fits(self, place: Place) -> bool:
        """Say whether it can happen in such a residence."""
        lived_in = place.days_since_delivery is None
        return {
            "": lived_in or self.code[0] == "A",
            "lift": place.has_lift,
            "own lift": place.has_lift and place.syndic is None,
            "collective": place.heating == "collective" and lived_in,
            "individual": place.heating != "collective",
            "new": not lived_in,
            "condo": place.syndic is not None,
        }[self.needs]


_C, _N = "common", ""

TENANTS: Final = (
    Case("T-PLB", "Le mitigeur de la cuisine goutte jour et nuit, le joint a déjà été changé.",
         answers={"stoppable": "yes"}, weight=6),
    Case("T-PLB", "Chasse d'eau qui coule sans s'arrêter, robinet d'arrêt fermé entre deux usages.",
         answers={"stoppable": "yes"}, weight=5),
    Case("T-PLB", "Pression très faible à la douche depuis une semaine, correcte à l'évier.",
         answers={"stoppable": "no_leak"}),
    Case("T-CHI", "Chaudière en sécurité, code F28, redémarre puis s'arrête au bout d'une heure.",
         answers={"gas_smell": "no", "nothing": "yes"}, needs="individual", weight=6),
    Case("T-CHI", "Plus d'eau chaude depuis hier soir, le chauffage fonctionne.",
         answers={"gas_smell": "no", "nothing": "no"}, needs="individual", weight=5),
    Case("T-CHC", "Radiateurs froids dans tout le logement, 16 degrés ce matin. Voisine aussi.",
         _C, answers={"extent": "yes"}, needs="collective", urgent=True, weight=5),
    Case("T-CHC", "Eau chaude tiède le matin, normale l'après-midi, depuis trois jours.",
         _C, answers={"extent": "unknown"}, needs="collective", urgent=True, weight=3),
    Case("T-ASC", "Ascenseur arrêté au rez-de-chaussée, portes ouvertes. Personne à l'intérieur.",
         _C, answers={"trapped": "no", "other_lift": "no"}, needs="lift", urgent=True, weight=6),
    Case("T-ASC", "La cabine s'arrête entre le 2e et le 3e puis repart. Bruit au démarrage.",
         _C, answers={"trapped": "no", "other_lift": "no"}, needs="lift", urgent=True, weight=3),
    Case("T-FUI", "Fuite sous l'évier, l'eau passe chez le voisin du dessous. Arrivée coupée.",
         answers={"water_off": "yes", "electricity": "no"}, urgent=True, weight=4),
    Case("T-EVA", "L'eau remonte dans la baignoire quand le lavabo se vide.",
         answers={"only_toilet": "not_toilet", "overflow": "no"}, urgent=True, weight=3),
    Case("T-EVA", "WC bouché, seul WC du logement, ventouse essayée sans effet.",
         answers={"only_toilet": "yes", "overflow": "no"}, urgent=True),
    Case("T-ELE", "Plus d'électricité dans le logement, le disjoncteur général ne tient pas.",
         answers={"extent": "total", "medical": "no"}, urgent=True, weight=2),
    Case("T-ELP", "Les prises du séjour ne marchent plus, l'éclairage oui.",
         answers={"burning": "no"}, weight=4),
    Case("T-ELP", "La lumière de la salle de bains clignote puis s'éteint.",
         answers={"burning": "no"}),
    Case("T-SER", "La clé tourne dans le vide, la porte ne ferme plus à clé.",
         answers={"cause": "broken"}, urgent=True),
    Case("T-SER", "Porte forcée dans la nuit, plainte déposée ce matin au commissariat.",
         answers={"cause": "burglary"}, urgent=True, weight=1),
    Case("T-MEN", "Volet roulant du séjour bloqué à mi-hauteur, la sangle est sortie.",
         answers={"open_to_street": "no"}, weight=5),
    Case("T-MEN", "La fenêtre de la chambre ne ferme plus, la poignée tourne sans accrocher.",
         answers={"open_to_street": "no"}, weight=4),
    Case("T-VMC", "Bouche d'aération de la cuisine sans aspiration, une feuille ne tient pas.",
         answers={"gas_appliance": "no"}, weight=4),
    Case("T-HUM", "Traces noires au plafond de la chambre nord, environ un mètre carré.", weight=4),
    Case("T-HUM", "Papier peint qui se décolle derrière l'armoire, mur froid et humide.", weight=3),
    Case("T-TOI", "Goutte à goutte sur le palier du dernier étage quand il pleut.", _C),
    Case("T-DDE", "Auréole au plafond de la salle de bains, constat rempli avec le voisin.",
         answers={"still_leaking": "no"}, weight=4),
    Case("T-ACC", "L'interphone ne sonne plus, la porte du hall s'ouvre au badge.", _C, weight=5),
    Case("T-ACC", "Portail du parking resté ouvert, la télécommande ne répond pas.", _C, weight=3),
    Case("T-ECL", "Plus de lumière dans l'escalier du 2e au 4e, la minuterie claque.", _C,
         answers={"dark": "yes"}, weight=4),
    Case("T-ECL", "Deux ampoules grillées dans le couloir des caves.", _C, answers={"dark": "no"},
         weight=3),
    Case("T-PRO", "Matelas et meubles déposés devant le local poubelles depuis lundi.", _C,
         weight=4),
    Case("T-PRO", "Local vélos non nettoyé depuis plusieurs semaines, verre au sol.", _C),
    Case("T-NUI", "Blattes dans la cuisine, vues aussi sur le palier.", weight=3),
    Case("T-ESV", "Haie qui déborde sur l'allée, une poussette ne passe plus.", _C, weight=2,
         answers={"danger": "no"}),
    Case("T-GPA", "Plinthe décollée dans le séjour, logement livré cette année.", needs="new",
         weight=8),
    Case("T-GPA", "Porte de la chambre qui frotte au sol, réserve non levée à la livraison.",
         needs="new", weight=8),
    Case("A-DOC", "Demande un duplicata de quittance pour un dossier à la CAF.", _N, weight=2),
    Case("A-ASS", "Signale avoir envoyé son attestation d'assurance, a reçu une relance.", _N,
         weight=2),
    Case("A-APL", "L'aide au logement n'est plus déduite depuis deux mois.", _N, weight=2),
    Case("A-CHG", "Demande le détail de la régularisation de charges de l'an passé.", _N,
         weight=3),
    Case("A-CON", "Souhaite poser son préavis, déménage pour un emploi. Quelles pièces joindre ?",
         _N, weight=3),
    Case("A-DLS", "Demande un logement plus grand, troisième enfant attendu au printemps.", _N,
         weight=2),
    Case("V-TRB", "Musique après minuit au-dessus, trois nuits cette semaine.", weight=3),
    Case("C-REC", "Le rendez-vous de mardi n'a pas été tenu, personne n'a prévenu.", _N, weight=2),
)  # fmt: skip

RESTRICTED: Final = (
    Case("A-PAY", "Demande un échéancier sur trois mois pour le retard de septembre.", _N),
    Case("A-PAY", "Prélèvement rejeté, changement de banque, envoie le nouveau RIB.", _N),
    Case("A-PAY", "Demande à rencontrer le service pour un plan de règlement.", _N),
    Case("V-DAN", "Menaces d'un voisin sur le palier, la personne a appelé le 17.", urgent=True),
)

SYNDIC: Final = (
    Case("S-TEC", "Éclairage du hall en panne, signalé par le conseil syndical.", _C,
         needs="condo"),
    Case("S-ADM", "Demande la date de la prochaine assemblée générale et l'ordre du jour.", _N,
         needs="condo"),
    Case("S-SIN", "Dégât des eaux entre le 3e et le 2e, constat à transmettre à l'assureur.", _C,
         needs="condo"),
    Case("S-URG", "Fuite sur la colonne montante au sous-sol, l'eau gagne le local électrique.",
         _C, answers={"trapped": "no"}, needs="condo", urgent=True),
    Case("S-ADM", "Notaire : demande un pré-état daté pour la vente d'un lot.", _N,
         needs="condo"),
)  # fmt: skip

LAND: Final = (
    ("Mme Jeanne Labadie", "F-FON", "Terrain de 1 800 m² à Artigues, hérité, libre de bâti."),
    ("Mairie de Saint-Loubès", "F-FON", "La commune étudie la cession de l'ancien stade annexe."),
    ("M. Pierre Saint-Martin", "F-FON", "Maison avec grand jardin à Bègles, vente envisagée."),
    ("Mme Inès Silva", "F-ACC", "Intéressée par un appartement neuf en accession à Lormont."),
)

# In a building that is the landlord's alone: the lift contractor's, who has accounts.
LIFT: Final = Case(
    "T-ASC", "Ascenseur arrêté au 4e, porte palière qui ne se referme pas. Cabine vide.",
    _C, answers={"trapped": "no", "other_lift": "no"}, needs="own lift", urgent=True,
)  # fmt: skip

# Above a condo's tenant, the common parts are the syndic's.
CONDO_COMMON: Final = (
    Case("T-ECL", "Le hall est dans le noir depuis dimanche soir.", _C, answers={"dark": "yes"},
         needs="condo"),
    Case("T-ACC", "La platine de l'interphone est arrachée, rue d'entrée.", _C, needs="condo"),
)  # fmt: skip

# Calls that need no ticket: disposition, category, note.
PLAIN: Final = (
    ("answered", "A-DOC", "Quittance renvoyée par courriel pendant l'appel."),
    ("answered", "A-CHG", "Expliqué la provision d'eau et la date de régularisation."),
    ("answered", "A-CON", "Préavis : délai et pièces expliqués, modèle de lettre envoyé."),
    ("answered", "A-DLS", "Expliqué le numéro unique et le renouvellement annuel."),
    ("answered", "T-PLB", "Joint de robinet : entretien du locataire, expliqué avec le guide."),
    ("answered", "A-ASS", "Attestation bien reçue, relance croisée."),
    ("answered", "T-CHC", "Mise en route du chauffage : date et test des radiateurs expliqués."),
    ("answered", "A-APL", "Attestation de loyer déjà envoyée à la CAF le mois dernier."),
    ("answered", "T-ESV", "Date de la prochaine tonte donnée."),
    ("answered", "V-TRB", "Conseils donnés, courrier type envoyé, pas de suite souhaitée."),
    ("signposted", "X-OTH", "Orientée vers le fournisseur d'énergie : coupure de quartier."),
    ("signposted", "X-OTH", "Cherche un logement : orienté vers la demande en ligne."),
    ("signposted", "X-OTH", "Encombrants sur la voie publique : orienté vers la métropole."),
    ("call_back", "A-CHG", "Ne pouvait pas parler, demande à être rappelé après 16 h."),
    ("cut_off", "", "Communication coupée avant la demande."),
    ("wrong_number", "", "Voulait joindre un autre service."),
)

COMMENTS: Final = (
    "Vu avec le gardien : accès par la cour, digicode inchangé.",
    "Deuxième passage : prévoir l'échelle et une personne de plus.",
    "Pièce demandée au fournisseur, réponse attendue demain matin.",
    "Photo reçue du locataire, elle confirme la description.",
    "À regrouper avec la visite prévue dans le même bâtiment.",
    "Locataire joint par téléphone, présent toute la matinée.",
    "Vérifier la date du dernier entretien avant de commander.",
)
TO_TENANT: Final = (
    "Nous avons bien noté vos disponibilités, le technicien vous appelle avant de passer.",
    "La pièce est arrivée, nous vous proposons un rendez-vous cette semaine.",
    "Merci pour la photo, elle nous aide à prévoir le bon matériel.",
)
ANSWERS_GIVEN: Final = (
    "Réponse donnée par téléphone et confirmée par courriel.",
    "Dossier vérifié, document envoyé par courriel.",
    "Explications données, le locataire a le détail par écrit.",
)
REPAIRS: Final = (
    "Pièce remplacée, essai fait avec le locataire.",
    "Réglage et nettoyage, fonctionnement vérifié.",
    "Joint et flexible changés, aucune fuite après essai.",
    "Remis en service, contrôle prévu à la prochaine visite d'entretien.",
    "Élément changé, déchets emportés.",
)
NOT_FIXED: Final = (
    "C'est revenu dès le lendemain, exactement pareil.",
    "Le technicien est passé mais cela ne marche toujours pas.",
    "Réparé deux jours, puis de nouveau en panne.",
)
TENANT_WORDS: Final = (
    "Bonjour, je suis là tous les jours après 16 h.",
    "Merci de sonner chez le voisin, mon interphone est en panne.",
    "Est-ce que le technicien peut appeler avant de venir ?",
    "C'est un peu pire depuis ce matin.",
)
CHASES: Final = (
    "Demande où en est sa demande, pas de nouvelles depuis l'appel.",
    "Rappelle : attend toujours une date de passage.",
    "Relance, précise que la gêne augmente.",
)
REFUSALS: Final = (
    ("not_ours", "Hors du contrat : l'équipement appartient à la copropriété voisine."),
    ("out_of_area", "Résidence sortie de notre lot au 1er du mois."),
    ("information_missing", "Sans numéro de logement ni téléphone, impossible d'intervenir."),
    ("not_ours", "Réparation à la charge du locataire d'après la description."),
    ("other", "Chantier en cours dans cette cage, voir avec le conducteur de travaux."),
)
HOLD_NOTES: Final = {
    "tenant": "Message laissé, le locataire doit dire quand il est présent.",
    "part": "Pièce commandée, délai annoncé par le fournisseur : une semaine.",
    "insurer": "Constat transmis, l'expert de l'assurance doit fixer sa visite.",
    "access": "Personne à l'heure du rendez-vous, avis de passage laissé.",
}
