"""An import in words, for the terminal and the page."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from callcenter.estate.importing.messages import CAUSE, REPAIR
from callcenter.estate.states import ImportKind, ImportState

_MARKED_ALIKE = 2


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def doubt_words(doubt: Mapping[str, Any]) -> str:
    """Return why somebody must confirm before the file is applied."""
    figures = {name: value for name, value in doubt.items() if name != "code"}
    if doubt["code"] == "closes_many":
        return _(
            "Ce fichier mettrait fin à %(closed)s baux ou contrats en cours sur %(open)s. "
            "Vérifiez que l'export est complet.",
            **figures,
        )
    if doubt["code"] == "no_home_known":
        return _(
            "Aucun des %(added)s logements de ce fichier n'est connu, et les %(missing)s logements "
            "du patrimoine n'y sont pas. Vérifiez que ce fichier est bien celui de ce bailleur.",
            **figures,
        )
    if doubt["code"] == "many_refused":
        return _(
            "Trop de lignes sont refusées (%(refused)s) pour savoir quels baux ont disparu. "
            "Refaites l'export.",
            **figures,
        )
    return _(
        "%(unknown)s lignes sur %(rows)s parlent de logements inconnus. Vérifiez que ce fichier "
        "est bien celui de ce bailleur et que les logements ont été importés d'abord.",
        **figures,
    )


def count_words() -> dict[str, str]:
    """Return the figures of a summary in the order they are shown, with their words."""
    return {
        "added": _("ajoutées"),
        "changed": _("modifiées"),
        "closed": _("closes, car absentes du fichier"),
        "unchanged": _("inchangées"),
        "refused": _("refusées"),
        "identical": _("répétées à l'identique"),
        "empty": _("vides"),
        "with_repairs": _("réparées sans doute possible"),
        "with_warnings": _("lues sans une de leurs valeurs, ou à vérifier"),
        "missing": _("logements connus et absents du fichier (conservés)"),
        "ended_by_file": _("baux terminés par le fichier"),
        "people_added": _("personnes ajoutées"),
        "people_changed": _("personnes corrigées"),
        "people_kept": _("personnes gardées telles qu'un agent les a écrites"),
        "phones_added": _("numéros ajoutés"),
        "phones_removed": _("numéros retirés"),
        "phones_kept": _("numéros gardés, donnés par un agent"),
        "residences_added": _("résidences ajoutées"),
        "residences_changed": _("résidences modifiées"),
        "residences_with_several_syndics": _("résidences dont les lots ont plusieurs syndics"),
        "buildings_added": _("bâtiments ajoutés"),
        "agencies_added": _("agences ajoutées"),
        "syndics_added": _("syndics ajoutés"),
        "contractors_added": _("prestataires ajoutés"),
    }


def told_counts(counts: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Return the figures that say something, in order: number and words."""
    always = ("added", "changed", "closed", "unchanged", "refused")
    return [
        (int(counts[name]), words)
        for name, words in count_words().items()
        if name in counts and (counts[name] or name in always)
    ]


class _Blank(dict[str, str]):
    """Stands for the values of a cause that vary from row to row."""

    def __missing__(self, key: str) -> str:
        return "…"


def cause_lines(counts: Mapping[str, Any], group: str) -> list[tuple[int, str]]:
    """Return ``causes``, ``warnings`` or ``repairs`` with their numbers, the most frequent first."""
    sentences = REPAIR if group == "repairs" else CAUSE
    found: dict[str, int] = counts.get(group, {})
    return [
        (number, _(sentences[code]) % _Blank() if code in sentences else code)
        for code, number in sorted(found.items(), key=lambda item: -item[1])
    ]


def kind_words() -> dict[str, str]:
    """Return what a file may hold, for a menu."""
    return {
        ImportKind.DWELLINGS: _("logements"),
        ImportKind.LEASES: _("baux et occupants"),
        ImportKind.CONTRACTS: _("contrats d'entretien"),
    }


def state_words() -> dict[str, str]:
    """Return how far an import has come."""
    return {
        ImportState.QUEUED: _("en attente"),
        ImportState.RUNNING: _("en cours"),
        ImportState.TO_CONFIRM: _("à confirmer"),
        ImportState.DONE: _("terminé"),
        ImportState.FAILED: _("échoué"),
    }


STATE_TONES = {
    ImportState.QUEUED: "wait",
    ImportState.RUNNING: "active",
    ImportState.TO_CONFIRM: "wait",
    ImportState.DONE: "good",
    ImportState.FAILED: "danger",
}
