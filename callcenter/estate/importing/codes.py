"""Code lists: how members write a thing, and our code for it. Data; a mapping may add to them.

Keys are folded with ``search_key``, so case, accents and punctuation don't matter.
"""

from callcenter.estate.states import OccupancyRole

HEATING = {
    "collectif": "collective",
    "chauffage collectif": "collective",
    "coll": "collective",
    "collectif gaz": "collective",
    "reseau de chaleur": "collective",
    "chauffage urbain": "collective",
    "urbain": "collective",
    "individuel gaz": "individual_gas",
    "ind gaz": "individual_gas",
    "gaz individuel": "individual_gas",
    "individuel elec": "individual_electric",
    "individuel electrique": "individual_electric",
    "ind elec": "individual_electric",
    "electrique": "individual_electric",
    "individuel": "individual",
    "individuel bois": "individual_other",
    "individuel fioul": "individual_other",
    "sans": "none",
    "aucun": "none",
}

ROLES = {
    "titulaire": OccupancyRole.TENANT,
    "locataire": OccupancyRole.TENANT,
    "preneur": OccupancyRole.TENANT,
    "signataire": OccupancyRole.TENANT,
    "principal": OccupancyRole.TENANT,
    "cotitulaire": OccupancyRole.CO_TENANT,
    "co titulaire": OccupancyRole.CO_TENANT,
    "colocataire": OccupancyRole.CO_TENANT,
    "co locataire": OccupancyRole.CO_TENANT,
    "conjoint": OccupancyRole.CO_TENANT,
    "copreneur": OccupancyRole.CO_TENANT,
    "occupant": OccupancyRole.OCCUPANT,
    "enfant": OccupancyRole.OCCUPANT,
    "heberge": OccupancyRole.OCCUPANT,
    "garant": OccupancyRole.GUARANTOR,
    "caution": OccupancyRole.GUARANTOR,
    "coproprietaire": OccupancyRole.CO_OWNER,
    "proprietaire": OccupancyRole.CO_OWNER,
    "autre": OccupancyRole.OTHER,
}

CIVILITIES = {
    "m": "M.",
    "mr": "M.",
    "monsieur": "M.",
    "mme": "Mme",
    "mlle": "Mme",
    "madame": "Mme",
    "mademoiselle": "Mme",
    "m et mme": "M. et Mme",
    "m mme": "M. et Mme",
    "m ou mme": "M. et Mme",
    "mr et mme": "M. et Mme",
    "mr mme": "M. et Mme",
    "monsieur et madame": "M. et Mme",
    "mme et m": "M. et Mme",
    "mm": "MM.",
    "mmes": "Mmes",
}

FLAGS = {
    "o": True, "oui": True, "y": True, "yes": True, "vrai": True, "true": True, "1": True,
    "x": True, "n": False, "non": False, "no": False, "faux": False, "false": False, "0": False,
}  # fmt: skip

# RPLS, "répertoire des logements locatifs des bailleurs sociaux": the register's own codes.
RPLS_SUFFIXES = {"b": "bis", "t": "ter", "q": "quater", "c": "quinquies"}
RPLS_HOME_KINDS = {"c": "apartment", "i": "house", "e": "student"}
ENERGY_CLASSES = {letter: letter.upper() for letter in "abcdefg"}

SUFFIXES = {
    "bis": "bis", "ter": "ter", "quater": "quater", "quinquies": "quinquies",
    **{letter: letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"},
}  # fmt: skip

# Street types: long forms, the register's four letters, and usual short forms.
STREET_TYPES = {
    "rue": "Rue", "r": "Rue",
    "avenue": "Avenue", "aven": "Avenue", "av": "Avenue", "ave": "Avenue",
    "allee": "Allée", "allees": "Allées", "alle": "Allée", "all": "Allée",
    "boulevard": "Boulevard", "boul": "Boulevard", "bd": "Boulevard", "bld": "Boulevard",
    "bvd": "Boulevard", "blvd": "Boulevard",
    "place": "Place", "plac": "Place", "pl": "Place",
    "cours": "Cours", "cour": "Cours", "crs": "Cours",
    "impasse": "Impasse", "impa": "Impasse", "imp": "Impasse",
    "chemin": "Chemin", "chem": "Chemin", "che": "Chemin", "ch": "Chemin",
    "quai": "Quai", "route": "Route", "rte": "Route", "rout": "Route",
    "square": "Square", "squa": "Square", "sq": "Square",
    "passage": "Passage", "pass": "Passage", "pas": "Passage",
    "residence": "Résidence", "resi": "Résidence", "res": "Résidence",
    "lotissement": "Lotissement", "loti": "Lotissement", "lot": "Lotissement",
    "esplanade": "Esplanade", "espl": "Esplanade", "sentier": "Sentier", "sent": "Sentier",
    "faubourg": "Faubourg", "fg": "Faubourg", "venelle": "Venelle", "vene": "Venelle",
    "villa": "Villa", "hameau": "Hameau", "hame": "Hameau", "clos": "Clos", "mail": "Mail",
    "parvis": "Parvis", "promenade": "Promenade", "prom": "Promenade", "rond point": "Rond-point",
    "traverse": "Traverse", "trav": "Traverse", "montee": "Montée", "mont": "Montée",
    "cite": "Cité", "voie": "Voie", "ruelle": "Ruelle", "porte": "Porte", "pont": "Pont",
}  # fmt: skip

EQUIPMENT = {
    "ascenseur": "lift",
    "ascenseurs": "lift",
    "chauffage collectif": "collective_heating",
    "chaufferie": "collective_heating",
    "chauffage": "collective_heating",
    "chaudiere individuelle": "individual_boiler",
    "chaudieres individuelles": "individual_boiler",
    "chauffe bain": "individual_boiler",
    "robinetterie multiservices": "plumbing",
    "robinetterie": "plumbing",
    "multiservices": "plumbing",
    "plomberie": "plumbing",
    "vmc": "ventilation",
    "ventilation": "ventilation",
    "nuisibles": "pest_control",
    "desinsectisation": "pest_control",
    "deratisation": "pest_control",
    "3d": "pest_control",
    "controle d acces": "access_control",
    "interphone": "access_control",
    "interphonie": "access_control",
    "portail": "access_control",
    "portes automatiques": "access_control",
    "espaces verts": "grounds",
    "electricite": "electricity",
    "serrurerie": "locks",
    "serrures": "locks",
    "toiture": "roof",
    "couverture": "roof",
    "etancheite": "roof",
    "menuiserie": "joinery",
    "vitrerie": "joinery",
    "nettoyage": "cleaning",
    "proprete": "cleaning",
    "menage": "cleaning",
    "encombrants": "cleaning",
    "eclairage": "lighting",
    "extincteurs": "fire_safety",
    "securite incendie": "fire_safety",
    "desenfumage": "fire_safety",
    "assainissement": "drains",
    "pompage": "drains",
    "television": "tv_aerial",
    "antenne": "tv_aerial",
}

FLOORS = {
    "rdc": 0, "rc": 0, "r d c": 0, "rez de chaussee": 0, "rdj": 0, "rez de jardin": 0, "rj": 0,
    "ss": -1, "sous sol": -1, "ssol": -1, "ss1": -1, "ss2": -2,
}  # fmt: skip

# What people type in a cell that must not stay empty.
PLACEHOLDERS = frozenset(
    {
        "0", "00", "000", "0000000000", "nc", "n c", "na", "n a", "nr", "neant", "aucun", "aucune",
        "inconnu", "inconnue", "non communique", "non communiquee", "non renseigne", "sans", "x",
        "xx", "xxx", "null", "none", "n d", "nd", "so", "sans objet", "pas de telephone", "non",
    }
)  # fmt: skip
