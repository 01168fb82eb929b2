"""Who plays in the demonstration: organisations, agencies, people and lines. All invented.

Only the members' names and towns are real. Numbers are of the ranges kept for fiction
(05 36 49 xx xx and 06 39 98 xx xx), addresses of e-mail lead nowhere.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from callcenter.core.permissions import Role
from callcenter.members.states import Service, TeamKind

# One for all, easily remembered and typed; development only (see ``callcenter.cli.demo``).
PASSWORD: Final = "quatre ponts sur la rive"  # noqa: S105 - known to all, on purpose
PLATFORM: Final = "Coo.Pairs"
# The agents' extensions: 05 36 49 03 00 and on.
EXTENSIONS: Final = "+335364903"
HOURS: Final = "du lundi au vendredi de 8 h 30 à 12 h 30 et de 13 h 30 à 17 h 30"


@dataclass(frozen=True, slots=True)
class Person:
    """An account. ``teams`` are kinds of teams; ``agency`` is a place in the member's list."""

    email: str
    first_name: str
    last_name: str
    role: Role
    teams: tuple[TeamKind, ...] = ()
    agency: int | None = None
    firm: str = ""
    mandates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A dialled number, what is said first, and what the agent should know."""

    number: str
    service: Service
    name: str
    greeting: str
    script: str


@dataclass(frozen=True, slots=True)
class Firm:
    """A contractor: what it maintains, when, and in which of the residences (every nth).

    ``ended_days_ago`` is set for a contract that has run out, below nought for one that soon
    will; ``every`` 1 is all of them.
    """

    name: str
    phone: str
    equipment: tuple[str, ...]
    around_the_clock: bool = False
    on_call: bool = False
    every: int = 1
    first: int = 0
    ended_days_ago: int | None = None

    @property
    def mobile(self) -> str:
        """The mobile of a firm that answers at night: the first thousand are people at work."""
        return f"+33639980{self.phone[-3:]}" if self.on_call else ""

    @property
    def email(self) -> str:
        """Where its work orders go."""
        return work_address(self.name)


def work_address(name: str) -> str:
    """Return the address of an organisation without accounts; it leads nowhere."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"travaux@{re.sub('[^a-z0-9]+', '-', plain.lower())}.exemple.fr"


@dataclass(frozen=True, slots=True)
class MemberCast:
    """One landlord and everybody around it."""

    name: str
    prefix: str
    colour: str
    phone: str
    email: str
    sender: str
    first_reference: int
    agencies: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    people: tuple[Person, ...]
    firms: tuple[Firm, ...]
    syndics: tuple[tuple[str, str], ...]

    @property
    def two_way(self) -> bool:
        """A short code can be answered, a name can't."""
        return self.sender.isdigit()


PLATFORM_PEOPLE: Final = (
    Person("nadia@coopairs.exemple.fr", "Nadia", "Perrin", Role.SUPERVISOR,
           mandates=("AQ", "ME", "TG")),
    Person("camille@coopairs.exemple.fr", "Camille", "Roux", Role.AGENT,
           mandates=("AQ", "ME", "TG")),
    Person("lucie@coopairs.exemple.fr", "Lucie", "Marchand", Role.AGENT, mandates=("AQ", "ME")),
    Person("thomas@coopairs.exemple.fr", "Thomas", "Delmas", Role.AGENT, mandates=("ME", "TG")),
    Person("anne@coopairs.exemple.fr", "Anne", "Garcia", Role.ADMINISTRATOR),
)  # fmt: skip

_TENANTS_SCRIPT: Final = (
    "1. Nom, adresse ou numéro de logement. 2. Le danger d'abord : gaz, feu, eau sur l'électricité,"
    " personne bloquée. 3. Où : dans le logement ou dans les parties communes ? 4. Annoncer le"
    " délai affiché, jamais qui paiera. 5. Relire le numéro du mobile : le suivi part par SMS."
)
_SYNDIC_SCRIPT: Final = (
    "1. Copropriétaire ou conseil syndical ? Quelle copropriété, quel lot ? 2. Urgence dans les"
    " parties communes : S-URG, l'astreinte est prévenue. 3. Assemblée, charges, vente : le"
    " gestionnaire rappelle, donner le délai."
)
_LAND_SCRIPT: Final = (
    "1. Commune, rue, numéro de parcelle s'il est connu. 2. Propriétaire, héritier, mairie ou"
    " intermédiaire ? 3. Surface approximative, terrain nu ou bâti. 4. Un chargé de prospection"
    " rappelle sous deux jours ouvrés."
)


def _tenants(number: str, member: str, extra: str = "") -> Line:
    return Line(
        number, Service.TENANTS, f"{member} · relation client",
        f"{member} bonjour, {{agent}} à votre écoute. Que puis-je faire pour vous ?",
        f"{_TENANTS_SCRIPT}{extra}",
    )  # fmt: skip


def _syndic(number: str, member: str) -> Line:
    return Line(
        number, Service.SYNDIC, f"{member} · syndic",
        f"{member} syndic, bonjour, {{agent}} à votre écoute. De quelle copropriété s'agit-il ?",
        _SYNDIC_SCRIPT,
    )  # fmt: skip


def _people(
    domain: str, rows: tuple[tuple[str, str, Role, tuple[TeamKind, ...], int | None], ...]
) -> tuple[Person, ...]:
    return tuple(
        Person(f"{_plain(first)}@{domain}", first, last, role, teams, agency)
        for first, last, role, teams, agency in rows
    )


def _plain(name: str) -> str:
    return name.lower().translate(str.maketrans("éèëïôîçâ", "eeeioica"))


_OFFICE: Final = (TeamKind.RENT, TeamKind.CHARGES, TeamKind.ARREARS)
_CONDO: Final = (TeamKind.CO_OWNERSHIP, TeamKind.CO_OWNERSHIP_CLAIMS)

AQUITANIS: Final = MemberCast(
    "Aquitanis", "AQ", "#00657a", "+33536490100", "contact@aquitanis.exemple.fr", "Aquitanis",
    24701,
    (("Agence Bordeaux Centre", "+33536490110"), ("Agence Rive Droite", "+33536490120"),
     ("Agence Ouest", "+33536490130")),
    (_tenants("+33536490101", "Aquitanis",
              " Consigne du moment : chaufferie de Dravemont remplacée, eau chaude coupée le mardi"
              " de 9 h à 12 h."),
     _syndic("+33536490102", "Aquitanis"),
     Line("+33536490103", Service.LAND, "Aquitanis · prospection foncière",
          "Aquitanis, prospection foncière, bonjour, {agent} à votre écoute.", _LAND_SCRIPT)),
    (*_people("aquitanis.exemple.fr", (
        ("Hélène", "Castaing", Role.MANAGER, (), None),
        ("Julien", "Fabre", Role.STAFF, (TeamKind.AGENCY,), 0),
        ("Sonia", "Benali", Role.STAFF, (TeamKind.AGENCY,), 1),
        ("Bruno", "Lacoste", Role.STAFF, (TeamKind.MAINTENANCE, TeamKind.ON_CALL), None),
        ("Claire", "Dupouy", Role.STAFF, _CONDO, None),
        ("Marc", "Vidal", Role.STAFF, _OFFICE, None),
        ("Rachid", "Haddad", Role.CARETAKER, (TeamKind.CARETAKER,), 1),
    )),
     Person("hugo@ascenseurs.exemple.fr", "Hugo", "Bernède", Role.CONTRACTOR,
            firm="Ascensoristes du Sud-Ouest"),
     Person("karine@ascenseurs.exemple.fr", "Karine", "Sallès", Role.CONTRACTOR,
            firm="Ascensoristes du Sud-Ouest")),
    (Firm("Ascensoristes du Sud-Ouest", "+33536490151", ("lift",), True, True),
     Firm("Garonne Thermique", "+33536490152", ("collective_heating",), True, True),
     Firm("Flamme Bleue Entretien", "+33536490153", ("individual_boiler",)),
     Firm("Aquitaine Multiservices", "+33536490154", ("plumbing", "locks"), True, True),
     Firm("Électricité du Port", "+33536490155", ("electricity",)),
     Firm("Gascogne Ventilation", "+33536490156", ("ventilation",), ended_days_ago=75),
     Firm("Accès Contrôle Sud", "+33536490157", ("access_control",), every=2, ended_days_ago=-34),
     Firm("Couvreurs de l'Estuaire", "+33536490158", ("roof",)),
     Firm("Hygiène Océan", "+33536490159", ("pest_control",)),
     Firm("Jardins de Guyenne", "+33536490160", ("grounds",))),
    (("Syndic des Chartrons", "+33536490171"), ("Cabinet Dupuy", "+33536490172")),
)  # fmt: skip

MESOLIA: Final = MemberCast(
    "Mésolia", "ME", "#8a1f5c", "+33536490200", "contact@mesolia.exemple.fr", "Mesolia", 18204,
    (("Agence Bordeaux Métropole", "+33536490210"), ("Agence Libournais", "+33536490220"),
     ("Agence Lot-et-Garonne", "+33536490230")),
    (_tenants("+33536490201", "Mésolia"), _syndic("+33536490202", "Mésolia")),
    (*_people("mesolia.exemple.fr", (
        ("Odile", "Darrieux", Role.MANAGER, (), None),
        ("Yann", "Le Goff", Role.STAFF, (TeamKind.AGENCY,), 0),
        ("Patricia", "Nogaro", Role.STAFF, (TeamKind.AGENCY,), 2),
        ("Samir", "Traoré", Role.STAFF, (TeamKind.MAINTENANCE, TeamKind.ON_CALL), None),
        ("Céline", "Bordenave", Role.STAFF, (*_OFFICE, *_CONDO), None),
        ("José", "Ferreira", Role.CARETAKER, (TeamKind.CARETAKER,), 0),
    )),),
    (Firm("Élévation Gironde", "+33536490251", ("lift",), True, True),
     Firm("Chaleur et Réseaux", "+33536490252", ("collective_heating",), True, True),
     Firm("Thermo Landes", "+33536490253", ("individual_boiler",)),
     Firm("Plomberie Dordogne", "+33536490254", ("plumbing",), True, True),
     Firm("Électricité du Port", "+33536490255", ("electricity",)),
     Firm("Serrures et Clés", "+33536490256", ("locks",), ended_days_ago=20),
     Firm("Gascogne Ventilation", "+33536490257", ("ventilation",)),
     Firm("Accès Contrôle Sud", "+33536490258", ("access_control",)),
     Firm("Couvreurs de l'Estuaire", "+33536490259", ("roof",), every=2),
     Firm("Hygiène Océan", "+33536490260", ("pest_control",), ended_days_ago=-61),
     Firm("Jardins de Guyenne", "+33536490261", ("grounds",), every=2, first=1)),
    (("Garonne Gestion", "+33536490271"),),
)  # fmt: skip

TARN_ET_GARONNE: Final = MemberCast(
    "Tarn-et-Garonne Habitat", "TG", "#3a6b1e", "+33536490300", "contact@tgh.exemple.fr", "38082",
    6310,
    (("Agence Montauban", "+33536490310"), ("Antenne Moissac-Castelsarrasin", "+33536490320")),
    (_tenants("+33536490301", "Tarn-et-Garonne Habitat",
              " Les locataires de ce membre peuvent répondre aux SMS."),),
    (*_people("tgh.exemple.fr", (
        ("Denis", "Laborde", Role.MANAGER, (), None),
        ("Émilie", "Roques", Role.STAFF, (TeamKind.AGENCY, *_OFFICE), 0),
        ("Paul", "Cazals", Role.STAFF, (TeamKind.MAINTENANCE, TeamKind.ON_CALL), None),
        ("Ginette", "Pujol", Role.CARETAKER, (TeamKind.CARETAKER,), 0),
    )),),
    (Firm("Ascenseurs du Quercy", "+33536490351", ("lift",), True, True),
     Firm("Quercy Énergies", "+33536490352", ("collective_heating", "individual_boiler"), True,
          True),
     Firm("Plomberie des Deux Rives", "+33536490353", ("plumbing",), True, True),
     Firm("Tarn Électricité", "+33536490354", ("electricity",), ended_days_ago=40, every=3),
     Firm("Électricité Montalbanaise", "+33536490355", ("electricity",)),
     Firm("Occitan Ventilation", "+33536490356", ("ventilation", "access_control")),
     Firm("Toitures du Rouergue", "+33536490357", ("roof",)),
     Firm("Sud Nuisibles", "+33536490358", ("pest_control",), every=2),
     Firm("Atelier Serrurier Ingres", "+33536490359", ("locks",))),
    (("Cabinet Ingres", "+33536490371"),),
)  # fmt: skip

MEMBERS: Final = (AQUITANIS, MESOLIA, TARN_ET_GARONNE)

TEAM_NAMES: Final[dict[TeamKind, str]] = {
    TeamKind.MAINTENANCE: "Régie de travaux",
    TeamKind.ON_CALL: "Astreinte",
    TeamKind.RENT: "Quittancement",
    TeamKind.CHARGES: "Charges locatives",
    TeamKind.ARREARS: "Recouvrement",
    TeamKind.ALLOCATIONS: "Attributions",
    TeamKind.DEVELOPMENT: "Maîtrise d'ouvrage",
    TeamKind.QUALITY: "Qualité de service",
    TeamKind.DPO: "Protection des données",
    TeamKind.CO_OWNERSHIP: "Copropriété",
    TeamKind.CO_OWNERSHIP_CLAIMS: "Sinistres de copropriété",
    TeamKind.LAND: "Prospection foncière",
    TeamKind.SALES: "Accession et ventes",
    TeamKind.SAFETY: "Référent sûreté",
}
