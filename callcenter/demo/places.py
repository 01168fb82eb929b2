"""The invented residences of the demonstration: plausible names in towns where members build."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A residence: ``buildings`` of ``floors`` upper floors with ``doors`` homes on each level.

    ``agency`` and ``syndic`` are places in the member's own lists; a syndic means co-owned.
    A lift stands from the third floor up.
    """

    name: str
    street: str
    first_number: int
    postcode: str
    city: str
    insee: str
    agency: int
    buildings: int
    floors: int
    doors: int
    built: int
    heating: str
    syndic: int | None = None
    days_since_delivery: int | None = None

    @property
    def homes(self) -> int:
        """How many homes it has."""
        return self.buildings * (self.floors + 1) * self.doors

    @property
    def has_lift(self) -> bool:
        """Whether its buildings have a lift."""
        return self.floors >= 3  # noqa: PLR2004 - see the class


_C, _I, _E = "collective", "individual_gas", "individual_electric"

AQUITANIS: Final = (
    Place("Gounod", "rue Gounod", 12, "33000", "Bordeaux", "33063", 0, 2, 6, 4, 1972, _C),
    Place("Les Quais", "quai des Chartrons", 3, "33000", "Bordeaux", "33063", 0, 1, 5, 3, 1989,
          _I, syndic=0),
    Place("Clos Sainte-Eulalie", "rue Paul-Louis-Lande", 41, "33000", "Bordeaux", "33063", 0, 1,
          3, 4, 2004, _I),
    Place("Les Terrasses du Lac", "cours des Aubiers", 18, "33300", "Bordeaux", "33063", 0, 2, 5,
          4, 1978, _C),
    Place("Dravemont", "avenue François-Mitterrand", 60, "33270", "Floirac", "33167", 1, 3, 5, 4,
          1969, _C),
    Place("Les Coteaux de Carriet", "rue Lavergne", 7, "33310", "Lormont", "33249", 1, 3, 4, 4,
          1974, _C),
    Place("La Palmeraie", "rue Aristide-Briand", 25, "33150", "Cenon", "33119", 1, 1, 4, 4, 1996,
          _I, syndic=1),
    Place("Le Hameau des Vignes", "allée des Merlots", 2, "33310", "Lormont", "33249", 1, 6, 1, 2,
          2011, _I),
    Place("Saige Nord", "avenue de Saige", 30, "33600", "Pessac", "33318", 2, 1, 7, 4, 1971, _C),
    Place("Les Jardins d'Ornano", "rue d'Ornano", 150, "33700", "Mérignac", "33281", 2, 1, 3, 4,
          2008, _I),
    Place("Beau Désert", "avenue de Magudas", 9, "33700", "Mérignac", "33281", 2, 2, 2, 3, 2018,
          _E),
    Place("Les Passerelles", "rue Marcel-Pagnol", 4, "33600", "Pessac", "33318", 2, 1, 4, 3, 2026,
          _C, days_since_delivery=150),
)  # fmt: skip

MESOLIA: Final = (
    Place("Le Grand Parc Sud", "rue Pierre-Trébod", 11, "33300", "Bordeaux", "33063", 0, 2, 6, 4,
          1966, _C),
    Place("Villa Pasteur", "avenue Pasteur", 88, "33600", "Pessac", "33318", 0, 1, 4, 4, 1999, _I),
    Place("Les Hauts de Bègles", "rue Calixte-Camelle", 33, "33130", "Bègles", "33039", 0, 2, 4,
          4, 1983, _C),
    Place("Cour des Chais", "rue Lagrange", 15, "33000", "Bordeaux", "33063", 0, 1, 4, 3, 2013,
          _I, syndic=0),
    Place("La Ballastière", "rue des Frères-Robin", 6, "33500", "Libourne", "33243", 1, 3, 4, 4,
          1976, _C),
    Place("Les Dagueys", "allée des Peupliers", 20, "33500", "Libourne", "33243", 1, 8, 1, 2, 2009,
          _I),
    Place("Les Rives de l'Isle", "quai du Priourat", 5, "33500", "Libourne", "33243", 1, 1, 3, 4,
          2002, _I),
    Place("Le Clos des Cordeliers", "rue des Cordeliers", 3, "33330", "Saint-Émilion", "33394", 1,
          3, 1, 3, 1994, _E),
    Place("Montanou", "avenue de Stalingrad", 40, "47000", "Agen", "47001", 2, 3, 5, 4, 1970, _C),
    Place("Les Quatre Vents", "rue de Lille", 22, "47000", "Agen", "47001", 2, 1, 4, 4, 1988, _I),
    Place("La Filhole", "boulevard Ulysse-Casse", 14, "47200", "Marmande", "47157", 2, 2, 3, 4,
          1981, _C),
    Place("Résidence du Canal", "allées du Canal", 8, "47000", "Agen", "47001", 2, 1, 3, 4, 2026,
          _E, days_since_delivery=90),
)  # fmt: skip

TARN_ET_GARONNE: Final = (
    Place("Les Chaumes", "rue Jean-Carmet", 10, "82000", "Montauban", "82121", 0, 3, 5, 4, 1973,
          _C),
    Place("Beausoleil", "avenue de Beausoleil", 45, "82000", "Montauban", "82121", 0, 3, 4, 4,
          1968, _C),
    Place("Résidence Ingres", "faubourg Lacapelle", 61, "82000", "Montauban", "82121", 0, 1, 4, 4,
          1992, _I, syndic=0),
    Place("Le Carreyrat", "chemin du Carreyrat", 19, "82000", "Montauban", "82121", 0, 10, 1, 2,
          2006, _I),
    Place("Les Berges du Tarn", "quai Adolphe-Poult", 27, "82000", "Montauban", "82121", 0, 3, 4,
          4, 2015, _C),
    Place("Sapiac", "rue de Sapiac", 5, "82000", "Montauban", "82121", 0, 1, 3, 4, 1985, _I),
    Place("Le Sarlac", "avenue du Sarlac", 2, "82200", "Moissac", "82112", 1, 3, 4, 4, 1977, _C),
    Place("Les Chasselas", "rue de Malaveille", 12, "82200", "Moissac", "82112", 1, 6, 1, 2, 2001,
          _I),
    Place("Courbieu", "rue de Courbieu", 30, "82100", "Castelsarrasin", "82033", 1, 2, 3, 4, 1980,
          _C),
    Place("Les Magnolias", "boulevard Flamens", 7, "82100", "Castelsarrasin", "82033", 1, 1, 3, 4,
          1998, _I),
)  # fmt: skip

PLACES: Final = {"AQ": AQUITANIS, "ME": MESOLIA, "TG": TARN_ET_GARONNE}
