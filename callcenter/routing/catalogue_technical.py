"""The technical categories of the default catalogue, from gas leaks to new-build reserves."""

from __future__ import annotations

from typing import Final

from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.routing.catalogue_types import Category, Choice, Handler, Question, Safety
from callcenter.routing.states import (
    CategoryLocation,
    DestinationKind,
    Equipment,
    Payer,
    Priority,
    Service,
    TeamKind,
)

_TENANTS: Final = frozenset({Service.TENANTS})
_CONTRACT: Final = Handler(DestinationKind.CONTRACTOR_BY_CONTRACT)
_ON_CALL: Final = Handler(DestinationKind.ON_CALL)
_AGENCY: Final = Handler(DestinationKind.AGENCY)
_CARETAKER: Final = Handler(DestinationKind.CARETAKER)
_ONE_HOUR: Final = Target(1, TargetUnit.HOURS)

_STAY_ON_LINE: Final = (
    "Restez calme, n'essayez pas de sortir ni d'ouvrir les portes. Appuyez sur le bouton d'alarme "
    "de la cabine. Le technicien est prévenu et arrive dans l'heure. Malaise ou panique : 18 ou "
    "112. Je reste joignable à ce numéro."
)

_EMERGENCIES: Final = (
    Category(
        "T-GAZ", "Odeur ou fuite de gaz", CategoryLocation.BOTH, Priority.P0, _ON_CALL, _TENANTS,
        safety=Safety("0 800 47 33 33", (
            "N'allumez rien, n'appuyez sur aucun interrupteur, ne téléphonez pas de la pièce. "
            "Ouvrez les fenêtres, fermez le robinet de gaz, sortez. Une fois dehors, appelez "
            "Urgence Sécurité Gaz au 0 800 47 33 33, puis restez dehors."
        )),
        synonyms=("ça sent le gaz", "gaz", "fuite gaz", "compteur gaz", "odeur de gaz"),
    ),
    Category(
        "T-INC", "Incendie", CategoryLocation.BOTH, Priority.P0, _ON_CALL, _TENANTS,
        safety=Safety("18 ou 112", (
            "Sortez si la sortie est libre et fermez les portes derrière vous ; sinon restez "
            "chez vous, porte fermée et linges mouillés au bas, et montrez-vous à la fenêtre. "
            "Ne prenez pas l'ascenseur. Appelez le 18 ou le 112."
        )),
        synonyms=("feu", "fumée", "brûle", "flammes", "poubelle en feu"),
    ),
    Category(
        "T-ASP", "Personne bloquée dans l'ascenseur", CategoryLocation.COMMON, Priority.P0,
        _CONTRACT, _TENANTS, target=_ONE_HOUR, equipment=Equipment.LIFT,
        safety=Safety("18 ou 112 en cas de malaise", _STAY_ON_LINE),
        synonyms=("ascenseur bloqué avec quelqu'un", "coincé dans l'ascenseur", "enfermé",
                  "désincarcération"),
    ),
    Category(
        "T-STR", "Structure, chute d'éléments", CategoryLocation.BOTH, Priority.P0, _ON_CALL,
        _TENANTS, target=_ONE_HOUR,
        safety=Safety("18", (
            "Éloignez-vous de la zone et empêchez les passages sans vous exposer. Appelez le 18. "
            "N'y retournez pas avant l'accord des pompiers."
        )),
        synonyms=("balcon", "fissure", "plafond tombé", "effondrement", "façade", "garde-corps",
                  "tuile", "mur qui penche"),
    ),
)  # fmt: skip

_URGENT: Final = (
    Category(
        "T-ASC", "Ascenseur en panne", CategoryLocation.COMMON, Priority.P1, _CONTRACT, _TENANTS,
        equipment=Equipment.LIFT, short="Ascenseur",
        synonyms=("ascenseur bloqué", "ascenseur arrêté", "monte-charge", "cabine",
                  "porte d'ascenseur", "ascenseur ne marche pas"),
        questions=(
            Question("trapped", "Quelqu'un est-il bloqué dans la cabine ?", (
                Choice("yes", "Oui", Priority.P0, switch_to="T-ASP", advice=_STAY_ON_LINE),
                Choice("no", "Non"),
            )),
            Question("other_lift", "Un autre ascenseur dessert-il l'immeuble ?", (
                Choice("yes", "Oui"),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-FUI", "Fuite d'eau importante", CategoryLocation.BOTH, Priority.P1, _CONTRACT, _TENANTS,
        equipment=Equipment.PLUMBING,
        synonyms=("inondation", "rupture de canalisation", "ça coule", "eau qui coule",
                  "robinet d'arrêt", "fuite", "dégât en cours"),
        questions=(
            Question("water_off", "L'eau a-t-elle pu être coupée au robinet d'arrêt ?", (
                Choice("yes", "Oui"),
                Choice("no", "Non", advice="Faire couper l'eau ; éloigner l'eau de l'électricité."),
            )),
            Question("electricity", "L'eau touche-t-elle une installation électrique ?", (
                Choice("yes", "Oui", Priority.P0,
                       advice="Couper le disjoncteur si c'est sans risque ; danger : 18."),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-PLB", "Plomberie courante", CategoryLocation.PRIVATE, Priority.P3, _CONTRACT, _TENANTS,
        equipment=Equipment.PLUMBING, short="Plomberie",
        synonyms=("robinet", "chasse d'eau", "goutte", "évier", "lavabo", "douche", "joint",
                  "wc", "toilettes", "petite fuite", "pression d'eau"),
        questions=(
            Question("stoppable", "La fuite peut-elle être arrêtée en fermant un robinet ?", (
                Choice("yes", "Oui"),
                Choice("no", "Non", Priority.P1, switch_to="T-FUI"),
                Choice("no_leak", "Pas de fuite"),
            )),
        ),
    ),
    Category(
        "T-EVA", "Engorgement total", CategoryLocation.BOTH, Priority.P1, _CONTRACT, _TENANTS,
        equipment=Equipment.PLUMBING, short="Engorgement",
        synonyms=("bouché", "toilettes bouchées", "refoulement", "évacuation", "égout", "canalisation bouchée",
                  "wc bouché", "colonne bouchée"),
        questions=(
            Question("only_toilet", "Est-ce le seul WC du logement ?", (
                Choice("yes", "Oui", Priority.P1),
                Choice("no", "Non", Priority.P2),
                Choice("not_toilet", "Ce n'est pas un WC"),
            )),
            Question("overflow", "Les eaux usées débordent-elles ?", (
                Choice("yes", "Oui", Priority.P1),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-ELE", "Panne électrique totale", CategoryLocation.PRIVATE, Priority.P1, _CONTRACT,
        _TENANTS, equipment=Equipment.ELECTRICITY,
        synonyms=("plus de courant", "plus d'électricité", "disjoncteur", "coupure de courant",
                  "noir complet", "compteur", "Linky"),
        questions=(
            Question("extent", "Toute l'électricité est-elle coupée ?", (
                Choice("total", "Oui, tout le logement"),
                Choice("partial", "Non, une partie", Priority.P2, switch_to="T-ELP"),
                Choice("district", "Le quartier aussi", no_ticket=True,
                       advice="Panne du réseau : dépannage d'Enedis, numéro sur la facture."),
            )),
            Question("medical", "Un appareil médical en dépend-il ?", (
                Choice("yes", "Oui", Priority.P0,
                       advice="Appareil vital : prévenir le 15 tout de suite."),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-ELP", "Panne électrique partielle", CategoryLocation.PRIVATE, Priority.P2, _CONTRACT,
        _TENANTS, equipment=Equipment.ELECTRICITY,
        synonyms=("prise", "interrupteur", "lumière", "court-circuit", "disjoncte", "ampoule",
                  "tableau électrique"),
        questions=(
            Question("burning", "Y a-t-il une odeur de brûlé ou des étincelles ?", (
                Choice("yes", "Oui", Priority.P1,
                       advice="Couper le disjoncteur général ; fumée ou flammes : 18."),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-CHC", "Chauffage ou eau chaude collectifs", CategoryLocation.COMMON, Priority.P1,
        _CONTRACT, _TENANTS, equipment=Equipment.COLLECTIVE_HEATING,
        synonyms=("plus de chauffage", "plus d'eau chaude", "radiateur froid", "chaufferie",
                  "sous-station", "eau tiède", "froid", "chauffage collectif"),
        questions=(
            Question("extent", "Les voisins sont-ils touchés aussi ?", (
                Choice("yes", "Oui, l'immeuble"),
                Choice("no", "Non, seulement ce logement"),
                Choice("unknown", "Ne sait pas"),
            )),
        ),
    ),
    Category(
        "T-CHI", "Chaudière ou ballon individuel", CategoryLocation.PRIVATE, Priority.P2,
        _CONTRACT, _TENANTS, equipment=Equipment.INDIVIDUAL_BOILER,
        synonyms=("chauffe-eau", "ballon d'eau chaude", "cumulus", "chaudière", "plus d'eau chaude",
                  "plus de chauffage", "pompe à chaleur", "thermostat"),
        questions=(
            Question("gas_smell", "Y a-t-il une odeur de gaz ?", (
                Choice("yes", "Oui", Priority.P0, switch_to="T-GAZ",
                       advice="Ne rien allumer, sortir, puis 0 800 47 33 33."),
                Choice("no", "Non"),
            )),
            Question("nothing", "Ni chauffage ni eau chaude ?", (
                Choice("yes", "Ni l'un ni l'autre"),
                Choice("no", "L'un des deux marche"),
            )),
        ),
    ),
    Category(
        "T-SER", "Porte ou serrure hors service", CategoryLocation.PRIVATE, Priority.P1, _CONTRACT,
        _TENANTS, equipment=Equipment.LOCKS, short="Porte ou serrure",
        synonyms=("clé perdue", "clés perdues", "porte bloquée", "serrure cassée", "enfermé dehors",
                  "effraction", "cambriolage", "porte d'entrée du logement", "serrurier"),
        questions=(
            Question("cause", "Que se passe-t-il ?", (
                Choice("broken", "La serrure ou la porte est cassée", payer=Payer.LANDLORD,
                       payer_source="loi 89-462, art. 6"),
                Choice("burglary", "Effraction", payer=Payer.INSURER,
                       payer_source="loi 89-462, art. 7 g",
                       advice="Faire porter plainte au commissariat ; garder le récépissé."),
                Choice("lost_keys", "Clés perdues ou oubliées", Priority.P4, no_ticket=True,
                       payer=Payer.TENANT, payer_source="décret 87-712, annexe, II",
                       advice="Clés perdues : ouverture et serrure aux frais du locataire "
                              "(décret 87-712) ; il appelle le serrurier de son choix."),
            )),
        ),
    ),
)  # fmt: skip

_EVERYDAY: Final = (
    Category(
        "T-MEN", "Menuiserie, volets, vitrage", CategoryLocation.PRIVATE, Priority.P3,
        Handler(DestinationKind.MEMBER_TEAM, TeamKind.MAINTENANCE), _TENANTS,
        synonyms=("fenêtre", "vitre cassée", "volet", "volet roulant", "porte intérieure",
                  "placard", "sangle", "plinthe", "parquet", "sol"),
        questions=(
            Question("open_to_street", "Le logement ne ferme-t-il plus (fenêtre, vitre) ?", (
                Choice("yes", "Non, il reste ouvert", Priority.P1),
                Choice("no", "Si, il ferme"),
            )),
            Question("how", "Comment est-ce arrivé ?", (
                Choice("worn", "C'est usé ou dur depuis longtemps", payer=Payer.LANDLORD,
                       payer_source="loi 89-462, art. 7 (vétusté)"),
                Choice("accident", "Un coup, une vitre cassée", payer=Payer.TENANT,
                       payer_source="décret 87-712, annexe, II"),
                Choice("burglary", "Effraction ou vandalisme", payer=Payer.INSURER,
                       payer_source="loi 89-462, art. 7 g",
                       advice="Faire porter plainte ; garder le récépissé."),
                Choice("unknown", "On ne sait pas", payer=Payer.TO_CHECK),
            )),
        ),
    ),
    Category(
        "T-VMC", "Ventilation", CategoryLocation.BOTH, Priority.P3, _CONTRACT, _TENANTS,
        equipment=Equipment.VENTILATION,
        synonyms=("VMC", "bouche d'aération", "extraction", "hotte", "aération", "ventilation bruyante"),
        questions=(
            Question("gas_appliance", "La VMC évacue-t-elle une chaudière à gaz (VMC gaz) ?", (
                Choice("yes", "Oui", Priority.P1,
                       advice="Arrêter la chaudière et aérer : risque de monoxyde de carbone."),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-HUM", "Humidité, moisissures", CategoryLocation.PRIVATE, Priority.P3, _AGENCY, _TENANTS,
        target=Target(10, TargetUnit.WORKING_DAYS),
        synonyms=("moisi", "moisissure", "condensation", "champignons", "salpêtre", "mur humide",
                  "logement indécent"),
    ),
    Category(
        "T-TOI", "Toiture, infiltration", CategoryLocation.COMMON, Priority.P2, _CONTRACT, _TENANTS,
        equipment=Equipment.ROOF,
        synonyms=("toit", "gouttière", "fuite du toit", "terrasse", "étanchéité", "couvreur",
                  "infiltration par le plafond", "descente d'eau pluviale"),
    ),
    Category(
        "T-DDE", "Dégât des eaux (sinistre)", CategoryLocation.BOTH, Priority.P3, _AGENCY, _TENANTS,
        synonyms=("constat amiable", "assurance dégât", "fuite du voisin", "auréole au plafond",
                  "sinistre", "expert"),
        questions=(
            Question("still_leaking", "L'eau coule-t-elle encore ?", (
                Choice("yes", "Oui", Priority.P1, switch_to="T-FUI"),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-ACC", "Interphone, portail, contrôle d'accès", CategoryLocation.COMMON, Priority.P3,
        _CONTRACT, _TENANTS, equipment=Equipment.ACCESS_CONTROL,
        synonyms=("badge", "digicode", "porte du hall", "portail du parking", "vigik",
                  "visiophone", "garage", "télécommande", "barrière"),
    ),
    Category(
        "T-ECL", "Éclairage des communs", CategoryLocation.COMMON, Priority.P3, _CARETAKER,
        _TENANTS,
        synonyms=("ampoule grillée", "lumière du couloir", "minuterie", "lampadaire", "hall noir",
                  "éclairage du parking", "cage d'escalier"),
        questions=(
            Question("dark", "Un escalier ou un couloir entier est-il dans le noir ?", (
                Choice("yes", "Oui", Priority.P2),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-PRO", "Propreté, encombrants", CategoryLocation.COMMON, Priority.P3, _CARETAKER,
        _TENANTS,
        synonyms=("ménage", "sale", "ordures", "poubelles", "dépôt sauvage", "local poubelle",
                  "tags", "épave"),
    ),
    Category(
        "T-NUI", "Nuisibles", CategoryLocation.BOTH, Priority.P3, _CONTRACT, _TENANTS,
        equipment=Equipment.PEST_CONTROL,
        synonyms=("cafards", "blattes", "rats", "souris", "punaises de lit", "guêpes", "frelons",
                  "pigeons", "fourmis", "dératisation", "désinsectisation"),
    ),
    Category(
        "T-ESV", "Espaces verts", CategoryLocation.COMMON, Priority.P4, _CONTRACT, _TENANTS,
        equipment=Equipment.GROUNDS,
        synonyms=("pelouse", "haie", "arbre", "tonte", "élagage", "jardin", "aire de jeux"),
        questions=(
            Question("danger", "Un arbre ou une branche menace-t-il de tomber ?", (
                Choice("yes", "Oui", Priority.P1),
                Choice("no", "Non"),
            )),
        ),
    ),
    Category(
        "T-GPA", "Réserves, parfait achèvement", CategoryLocation.BOTH, Priority.P3,
        Handler(DestinationKind.MEMBER_TEAM, TeamKind.DEVELOPMENT), _TENANTS,
        synonyms=("logement neuf", "livraison", "malfaçon", "GPA", "réserve", "garantie"),
    ),
)  # fmt: skip

TECHNICAL: Final[tuple[Category, ...]] = (*_EMERGENCIES, *_URGENT, *_EVERYDAY)
