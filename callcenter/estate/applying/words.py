"""Sentences about what an import did, refused or doubts, in the reader's language."""

from typing import Any

from flask_babel import gettext


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def cause_words(code: str) -> str:
    """Return why a row could be read but not applied."""
    return {
        "unknown_dwelling": _("Aucun logement du patrimoine ne porte ce numéro"),
        "unknown_residence": _("Aucune résidence du patrimoine ne porte ce code"),
    }[code]


def advice_words(code: str) -> str:
    """Return what to do about it."""
    return {
        "unknown_dwelling": _("Corrigez le numéro, ou importez d'abord le fichier des logements"),
        "unknown_residence": _("Corrigez le code, ou importez d'abord le fichier des logements"),
    }[code]


def doubt_words(code: str, figures: dict[str, Any]) -> str:
    """Return why somebody must confirm before the file is applied."""
    if code == "closes_many":
        return _(
            "Ce fichier mettrait fin à %(closed)s baux ou contrats en cours sur %(open)s. "
            "Vérifiez que l'export est complet.",
            **figures,
        )
    if code == "no_home_known":
        return _(
            "Aucun logement de ce fichier n'est connu, et les %(missing)s logements du patrimoine "
            "n'y sont pas. Vérifiez que ce fichier est bien celui de ce bailleur.",
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
        "rows": _("lignes dans le fichier"),
        "added": _("ajoutées"),
        "changed": _("modifiées"),
        "closed": _("closes car absentes du fichier"),
        "unchanged": _("inchangées"),
        "refused": _("refusées"),
        "identical": _("répétées à l'identique"),
        "empty": _("vides"),
        "with_repairs": _("réparées sans doute possible"),
        "with_warnings": _("lues sans une de leurs valeurs"),
        "missing": _("logements connus et absents du fichier (conservés)"),
        "ended_by_file": _("baux terminés par le fichier"),
        "people_added": _("personnes ajoutées"),
        "people_changed": _("personnes corrigées"),
        "people_kept": _("personnes gardées comme un agent les a écrites"),
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
