"""What each kind of file may hold, and how members name it.

Synonyms are folded with ``search_key``; they hold the members' own names and those of the RPLS
register. A longer list costs nothing: a header that matches nothing is left for a person to map.
"""

from dataclasses import dataclass
from enum import StrEnum

from callcenter.estate.importing.messages import N_


class FileKind(StrEnum):
    """What a file is about."""

    DWELLINGS = "dwellings"
    LEASES = "leases"
    CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True)
class Field:
    """A target: its name, its French label, and what reads it when the mapping says nothing.

    ``required``: a row without a good value is refused. ``strict``: a bad value refuses the row
    even though an absent column is accepted; ``never_empty``: so does an empty cell. ``fills``: the fields that a composite one gives.
    ``weight`` is what its presence says about the kind of the file.
    """

    name: str
    label: str
    transform: str
    synonyms: tuple[str, ...]
    required: bool = False
    strict: bool = False
    never_empty: bool = False
    fills: tuple[str, ...] = ()
    weight: int = 1


def _f(
    name: str, label: str, transform: str, synonyms: str, **more: bool | int | tuple[str, ...]
) -> Field:
    words = tuple(word.strip() for word in synonyms.split(","))
    return Field(name, label, transform, words, **more)  # type: ignore[arg-type]  # see Field


_DWELLING_REFERENCE = (
    "code ug, ug, num ug, numero ug, identifiant logement, id logement, logement, n logement, "
    "no logement, numero logement, num logement, reference logement, ref logement, esi, code esi, "
    "code logement, ident int, identrpls, lot, code lot"
)

DWELLINGS = (
    _f("reference", N_("Numéro du logement"), "reference", _DWELLING_REFERENCE, required=True),
    _f(
        "residence_code",
        N_("Code de la résidence"),
        "reference",
        "code res, code residence, residence code, groupe, code groupe, num groupe, programme, "
        "code programme, ensemble, code ensemble, id residence",
        weight=2,
    ),
    _f(
        "residence_name",
        N_("Nom de la résidence"),
        "place",
        "lib residence, libelle residence, nom residence, residence, nom du groupe, nom groupe, "
        "lib groupe, libelle groupe, nom programme, immeu, nom ensemble, immeuble",
        weight=2,
    ),
    _f("building", N_("Bâtiment"), "text", "batiment, bat, code batiment, num batiment"),
    _f("entrance", N_("Entrée"), "text", "entree, num entree, hall"),
    _f("staircase", N_("Escalier"), "text", "escalier, esc, cage, cage escalier"),
    _f("floor", N_("Étage"), "floor", "etage, niveau, num etage"),
    _f(
        "door",
        N_("Porte"),
        "text",
        "porte, num porte, numero porte, n porte, numappt, appartement, appt, num appartement",
    ),
    _f(
        "house_number",
        N_("Numéro de voie"),
        "house_number",
        "num voie, numero voie, numvoie, n voie, no voie, numero de voie, numero de rue, n rue, "
        "num rue",
        fills=("house_number", "house_suffix"),
        weight=2,
    ),
    _f(
        "house_suffix",
        N_("Indice de répétition"),
        "suffix",
        "rep, repetition, indice, indrep, bis ter, indice repetition, complement numero",
    ),
    _f("street_type", N_("Type de voie"), "street_type", "type voie, typvoie, type de voie"),
    _f(
        "street",
        N_("Nom de voie"),
        "place",
        "nom voie, nomvoie, voie, rue, nom de voie, libelle voie, lib voie",
        weight=2,
    ),
    _f(
        "whole_address",
        N_("Adresse en une cellule"),
        "whole_address",
        "adresse, adresse complete, adresse logement, adresse postale, adresse 1",
        fills=("house_number", "house_suffix", "street_type", "street", "address_extra"),
        weight=2,
    ),
    _f(
        "address_extra",
        N_("Complément d'adresse"),
        "text",
        "complement, complement adresse, adresse 2, complident, complgeo, lieudit, lieu dit",
    ),
    _f(
        "postcode",
        N_("Code postal"),
        "postcode",
        "code postal, codepostal, cp, c p",
        required=True,
        weight=2,
    ),
    _f(
        "city",
        N_("Commune"),
        "place",
        "commune, ville, libcom, libelle commune, localite",
        required=True,
        weight=2,
    ),
    _f("insee", N_("Code INSEE"), "insee", "insee, code insee, depcom, code commune"),
    _f(
        "typology",
        N_("Typologie"),
        "typology",
        "type, typologie, type logement, type de logement, typo",
        fills=("rooms", "home_kind"),
        weight=2,
    ),
    _f("home_kind", N_("Appartement ou maison"), "code", "typeconst, type construction"),
    _f(
        "rooms",
        N_("Nombre de pièces"),
        "rooms",
        "nb pieces, nbpiece, nombre pieces, nombre de pieces, pieces, nb de pieces",
        weight=2,
    ),
    _f(
        "surface",
        N_("Surface"),
        "surface",
        "surface, surface m2, surfhab, surface habitable, shab, superficie",
        weight=2,
    ),
    _f("agency", N_("Agence"), "text", "agence, nom agence, antenne, secteur"),
    _f("heating", N_("Chauffage"), "heating", "chauffage, mode chauffage, type chauffage"),
    _f("condominium", N_("Copropriété"), "flag", "copropriete, copro, en copropriete"),
    _f("syndic", N_("Syndic"), "text", "syndic, nom syndic, nom du syndic"),
    _f(
        "built_in",
        N_("Année de construction"),
        "year",
        "annee, annee construction, annee de construction, construct, construction",
    ),
    _f("energy_class", N_("Étiquette énergie"), "energy", "dpe, dpeenergie, classe energie"),
)

LEASES = (
    _f("dwelling", N_("Numéro du logement"), "reference", _DWELLING_REFERENCE, required=True),
    _f(
        "lease_number",
        N_("Numéro de bail"),
        "reference",
        "num bail, numero bail, n bail, no bail, numero de bail, bail, contrat, num contrat, "
        "numero contrat, n contrat, numero de contrat, reference bail, code bail",
        weight=2,
    ),
    _f("civility", N_("Civilité"), "civility", "civilite, titre, civ", weight=2),
    _f(
        "last_name",
        N_("Nom"),
        "last_name",
        "nom, nom locataire, nom de famille, nom du locataire, nom usuel",
        required=True,
        weight=2,
    ),
    _f(
        "first_name",
        N_("Prénom"),
        "first_name",
        "prenom, prenoms, prenom locataire, prenom du locataire",
        weight=2,
    ),
    _f(
        "whole_name",
        N_("Nom et prénom en une cellule"),
        "whole_name",
        "nom complet, nom et prenom, nom prenom, locataire, nom du titulaire, identite, nom prenoms",
        fills=("civility", "last_name", "first_name"),
        weight=3,
    ),
    _f(
        "entry_date",
        N_("Date d'entrée"),
        "date",
        "date entree, date d entree, entree, date debut, date debut bail, date effet, date d effet, "
        "entree le, date entree dans les lieux",
        required=True,
        weight=2,
    ),
    _f(
        "exit_date",
        N_("Date de sortie"),
        "date",
        "date sortie, date de sortie, sortie, date fin, date fin bail, sortie le",
        strict=True,
        weight=2,
    ),
    _f(
        "phones",
        N_("Téléphones"),
        "phones",
        "telephones, telephone, tel, tels, tel portable, portable, mobile, tel mobile, "
        "telephone portable, telephone mobile, tel fixe, fixe, telephone fixe, tel domicile, "
        "tel 1, tel 2, tel 3, telephone 1, telephone 2, tel1, tel2, telephone1, telephone2, "
        "tel travail",
    ),
    _f(
        "email",
        N_("Adresse électronique"),
        "email",
        "email, e mail, mail, courriel, adresse mail, adresse email, adresse electronique",
    ),
    _f(
        "role",
        N_("Qualité"),
        "role",
        "qualite, role, statut occupant, type occupant, lien",
        strict=True,
        never_empty=True,
        weight=2,
    ),
)

CONTRACTS = (
    _f(
        "contractor",
        N_("Prestataire"),
        "text",
        "prestataire, entreprise, societe, fournisseur, titulaire, nom prestataire",
        required=True,
        weight=3,
    ),
    _f(
        "equipment",
        N_("Équipement"),
        "equipment",
        "lot, equipement, prestation, type de contrat, domaine, corps d etat",
        required=True,
    ),
    _f(
        "residences",
        N_("Résidences"),
        "residences",
        "residences, residence, codes residences, perimetre, groupes",
        required=True,
        fills=("residences", "every_residence"),
        weight=2,
    ),
    _f(
        "starts_on",
        N_("Début"),
        "date",
        "debut, date debut, date de debut, date effet, du",
        required=True,
    ),
    _f("ends_on", N_("Fin"), "date", "fin, date fin, date de fin, echeance, au", strict=True),
    _f(
        "hours",
        N_("Horaires"),
        "weekly_hours",
        "horaires, horaire, heures, heures d intervention, plage horaire",
        fills=("weekly_hours", "around_the_clock"),
        weight=2,
    ),
    _f("on_call", N_("Astreinte"), "flag", "astreinte, avec astreinte", weight=3),
    _f(
        "phone",
        N_("Téléphone"),
        "phones",
        "telephone, tel, numero, telephone astreinte, tel astreinte",
    ),
    _f(
        "email",
        N_("Adresse électronique"),
        "email",
        "email, e mail, mail, courriel, adresse mail, adresse electronique",
    ),
    _f(
        "reference",
        N_("Numéro de marché"),
        "text",
        "reference, numero marche, num marche, marche, numero de marche, contrat, num contrat",
    ),
)

FIELDS: dict[FileKind, dict[str, Field]] = {
    FileKind.DWELLINGS: {field.name: field for field in DWELLINGS},
    FileKind.LEASES: {field.name: field for field in LEASES},
    FileKind.CONTRACTS: {field.name: field for field in CONTRACTS},
}

# One field of each group must be mapped: a whole address or its street, a code or a name.
ONE_OF: dict[FileKind, tuple[tuple[str, ...], ...]] = {
    FileKind.DWELLINGS: (("residence_code", "residence_name"), ("street", "whole_address")),
    FileKind.LEASES: (),
    FileKind.CONTRACTS: (),
}

# Columns of the same meaning may stand several times: the values add up.
REPEATABLE = frozenset({"phones", "phone", "address_extra"})
