"""Names, streets and sentences of the made-up base. Nobody in it exists."""

from random import Random
from typing import Final

# (name, prefix of references, share of the homes); as many as the size asks for.
MEMBERS: Final = (
    ("Habitat des Deux Rives", "DR", 0.34),
    ("Garonne Logement", "GL", 0.26),
    ("Office du Haut-Pays", "HP", 0.17),
    ("Foyers de l'Estuaire", "FE", 0.12),
    ("Maisons de Gascogne", "MG", 0.07),
    ("Toits du Causse", "TC", 0.04),
)

COMMON_NAMES: Final = (
    "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre"
    " Michel Garcia David Bertrand Roux Vincent Fournier Morel Girard André Mercier Dupont Lambert"
    " Bonnet François Martinez Legrand Garnier Faure Rousseau Blanc Guérin Muller Henry Roussel"
    " Nicolas Perrin Morin Mathieu Clément Gauthier Dumont Lopez Fontaine Chevalier Robin Masson"
    " Sanchez Gérard Nguyen Boyer Denis Lemaire Duval Joly Gautier Roger Roche Roy Noël Meyer"
    " Lucas Meunier Jean Perez Marchand Dufour Blanchard Marie Barbier Brun Dumas Brunet Schmitt"
    " Leroux Colas Fernandez Diallo Traoré Benali Haddad Silva Ferreira Yilmaz Kaya Lafitte"
    " Etcheverry Labadie Dupouy Castaing Darrieux Lacoste Bordenave Cazenave Duprat Saint-Martin"
).split()
FIRST_NAMES: Final = (
    "Marie Jean Fatima Mohamed Nathalie Philippe Isabelle Michel Sylvie Alain Catherine Patrick"
    " Martine Nicolas Christine Christophe Françoise Pierre Valérie Christian Sandrine Éric"
    " Stéphanie Frédéric Véronique Laurent Sophie Stéphane Céline David Chantal Pascal Amina Ali"
    " Patricia Gérard Anne Thierry Brigitte Bernard Julie Julien Monique Olivier Aurélie Thomas"
    " Nicole Sébastien Laurence Daniel Annie Bruno Émilie Vincent Dominique Alexandre Virginie"
    " Khadija Ibrahim Maïté Ayşe João Inès Hélène Zoé Chloé Lucas Hugo Léa Manon Samir Nadia"
    " Rachid Aïcha Oumar Mariam Linh Minh Elena Ion Xavier Yves Odette Simone Lucien Marcel"
).split()
_STARTS: Final = (
    "Bar Ber Bour Cam Cas Cha Cour Dar Del Dor Esc Fab Fer Gal Gar Gour Jau Lab Lag Lam Lar Las"
    " Mal Mar Mau Mon Nav Par Pey Pom Pou Puj Ram Rey Rou Sab Sal Sar Ser Tal Tau Tour Val Ver Vi"
).split()
_MIDDLES: Final = (
    "a an ar as au aud ay e el en er es eau i in is o on or ou oul u un ur al am ig ol ab"
).split()
_ENDS: Final = (
    "bède brun casse dère dour fort gnac gnan gue jac lac lat let lier mier mont nac nard net"
    " nier not pin quet rac rède ret rieu ron sac sol tère tier ton tres vel vier ville zac"
).split()
STREETS: Final = (
    "rue Gounod,rue des Chartrons,avenue Thiers,boulevard de la Liberté,rue Saint-Genès,allée des"
    " Peupliers,rue du Port,avenue de la République,impasse des Lilas,rue Jean-Jaurès,place du"
    " Marché,cours de la Somme,rue des Écoles,chemin de Lamothe,rue Victor-Hugo,quai de la Garonne,"
    "rue du Moulin,avenue Pasteur,rue des Vignes,allée de Tourny,rue Émile-Zola,rue de la Paix,"
    "boulevard Georges-V,rue Pierre-Curie,rue des Tilleuls,avenue du Stade,rue Léon-Blum,rue du"
    " 8-Mai-1945,square des Acacias,rue de l'Église"
).split(",")
RESIDENCES: Final = (
    "Gounod,Les Quais,Beaulieu,La Châtaigneraie,Les Aubiers,Le Parc,Les Jardins,Bel Air,Les"
    " Cèdres,La Benauge,Saige,Les Hauts de Garonne,Le Grand Pré,Dravemont,Les Pins,Carriet,La"
    " Palombe,Thouars,Les Erables,Génicart,Clairsienne,Monséjour,Les Iris,Pelleport,Le Lac,Les"
    " Tanneries,Chambéry,Les Mimosas,La Source,Montmoreau"
).split(",")
CITIES: Final = (
    ("Bordeaux", "33000"), ("Bordeaux", "33300"), ("Bordeaux", "33800"), ("Mérignac", "33700"),
    ("Pessac", "33600"), ("Talence", "33400"), ("Lormont", "33310"), ("Cenon", "33150"),
    ("Floirac", "33270"), ("Bègles", "33130"), ("Libourne", "33500"), ("Agen", "47000"),
    ("Marmande", "47200"), ("Montauban", "82000"), ("Moissac", "82200"), ("Bergerac", "24100"),
    ("Périgueux", "24000"), ("Langon", "33210"), ("Arcachon", "33120"), ("Mont-de-Marsan", "40000"),
)  # fmt: skip
CONTRACTORS: Final = {
    "lift": ("Ascensoristes du Midi", "Élévation Gironde"),
    "collective_heating": ("Garonne Thermique", "Chaleur et Réseaux"),
    "individual_boiler": ("Flamme Bleue Entretien", "Thermo Landes"),
    "plumbing": ("Aquitaine Multiservices", "Plomberie Dordogne"),
    "electricity": ("Électricité du Port",),
    "ventilation": ("Gascogne Ventilation",),
    "access_control": ("Accès Contrôle Sud",),
    "locks": ("Serrures et Clés",),
    "roof": ("Couvreurs de l'Océan",),
    "pest_control": ("Hygiène Océan",),
    "grounds": ("Jardins de Guyenne",),
}
SYNDICS: Final = ("Syndic des Chartrons", "Cabinet Dupuy", "Garonne Gestion")
# Weight of each category among tickets; those not named get 1.
WEIGHTS: Final = {
    "T-PLB": 15, "T-CHI": 9, "T-CHC": 9, "T-ASC": 7, "T-EVA": 5, "T-FUI": 4, "T-ELP": 5,
    "T-SER": 4, "T-MEN": 6, "T-VMC": 3, "T-HUM": 4, "T-ACC": 5, "T-ECL": 4, "T-PRO": 4,
    "T-NUI": 3, "T-ESV": 2, "A-DOC": 5, "A-CHG": 3, "A-PAY": 3, "A-CON": 3, "A-DLS": 2,
    "V-TRB": 3, "C-REC": 2, "S-TEC": 2, "S-ADM": 2,
}  # fmt: skip
DESCRIPTIONS: Final = (
    "Le robinet de la cuisine fuit depuis ce matin.",
    "Plus d'eau chaude depuis hier soir, le voisin du dessous aussi.",
    "La porte du hall ne ferme plus, le groom est cassé.",
    "Interphone muet, on n'entend rien et la gâche ne s'ouvre pas.",
    "Traces noires au plafond de la chambre, fenêtre fermée ou ouverte.",
    "Radiateurs froids dans tout l'appartement, 16 degrés ce matin.",
    "Volet roulant bloqué à mi-hauteur dans le séjour.",
    "L'ascenseur s'arrête entre deux étages, une personne âgée au sixième.",
    "Ampoules grillées dans l'escalier, du deuxième au quatrième.",
    "Encombrants déposés devant le local poubelles.",
    "Le locataire demande quand passera le technicien.",
    "Évacuation bouchée, l'eau remonte dans la douche.",
    "Bruit continu dans la bouche de ventilation de la salle de bains.",
    "Le disjoncteur saute dès que le four est allumé.",
    "",
)
NOTES: Final = (
    "Renseignement donné.", "Demande d'attestation, envoyée par courriel.", "Rappeler demain.",
    "Question sur les charges, expliqué la régularisation.", "Relance, technicien prévu demain.",
    "", "", "Coupé pendant l'appel.", "Horaires de l'agence donnés.", "Numéro du syndic donné.",
)  # fmt: skip
COMMENTS: Final = (
    "Pièce commandée.", "Passage fait, porte close.", "Vu avec le gardien.", "Devis demandé.",
    "Le voisin du dessus a le même souci.", "Intervention à deux techniciens.",
)  # fmt: skip


def rare_name(rng: Random) -> str:
    """Return a family name that hardly anybody else has."""
    parts = (_STARTS, _MIDDLES, _ENDS)
    return "".join(part[int(rng.random() * len(part))] for part in parts)
