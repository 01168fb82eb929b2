"""Every sentence that the import can say to the person who sent a file.

A cause is a code and its values, so that it can be counted, stored as JSON and said in the
language of the reader; the sentence is made at the last moment. French is the source language.
"""

from typing import Any

from flask_babel import gettext

from callcenter.core.errors import UserError


def N_(text: str) -> str:  # noqa: N802
    """Mark ``text`` for the catalogue without translating it now."""
    return text


# Why a whole file is refused, and what to do.
FILE: dict[str, str] = {
    "empty": N_("Ce fichier est vide. Refaites l'export depuis votre logiciel."),
    "too_big": N_(
        "Ce fichier pèse %(size)s Mo ; la limite est de %(limit)s Mo. "
        "Découpez-le (par agence, par exemple) et envoyez les morceaux."
    ),
    "too_many_rows": N_(
        "Ce fichier a plus de %(limit)s lignes. Découpez-le et envoyez les morceaux."
    ),
    "pdf": N_("Ce fichier est un PDF, pas un tableau. Exportez les données en CSV ou en XLSX."),
    "old_excel": N_(
        "Ce classeur est dans l'ancien format Excel (.xls) ou protégé par un mot de passe. "
        "Ouvrez-le et enregistrez-le en .xlsx sans mot de passe, ou en CSV."
    ),
    "ods": N_("Ce classeur est au format OpenDocument. Enregistrez-le en .xlsx ou en CSV."),
    "archive": N_("Ce fichier est une archive. Envoyez les fichiers un par un, non compressés."),
    "image": N_("Ce fichier est une image. Exportez les données en CSV ou en XLSX."),
    "markup": N_(
        "Ce fichier est une page web ou du XML, pas un tableau. "
        "Exportez les données en CSV ou en XLSX."
    ),
    "binary": N_("Ce fichier n'est pas du texte. Exportez les données en CSV ou en XLSX."),
    "zip_bomb": N_(
        "Ce classeur occuperait %(size)s Mo une fois ouvert ; la limite est de %(limit)s Mo. "
        "Enregistrez les données en CSV, ou découpez le classeur."
    ),
    "sheet_too_wide": N_(
        "La première feuille de ce classeur s'étend trop loin (cellule %(cell)s). "
        "Supprimez les cellules inutiles et enregistrez de nouveau."
    ),
    "broken_workbook": N_(
        "Ce classeur est abîmé et ne s'ouvre pas. Ouvrez-le dans votre tableur et "
        "enregistrez-le de nouveau en .xlsx, ou en CSV."
    ),
    "no_sheet": N_("Ce classeur n'a aucune feuille visible avec des données."),
    "line_too_long": N_(
        "La ligne %(row)s est démesurée (plus de %(limit)s caractères) : "
        "ce fichier n'est pas un tableau. Refaites l'export en CSV ou en XLSX."
    ),
    "no_table": N_(
        "Aucun tableau n'a été trouvé : les lignes n'ont qu'une colonne. "
        "Vérifiez le séparateur, puis refaites l'export."
    ),
    "no_header": N_(
        "La ligne d'en-tête n'a pas été reconnue. Vérifiez que la première ligne du tableau "
        "porte le nom des colonnes."
    ),
    "header_only": N_("Ce fichier n'a que sa ligne d'en-tête et aucune donnée. Refaites l'export."),
    "unknown_kind": N_(
        "Impossible de savoir si ce fichier décrit des logements, des baux ou des contrats. "
        "Choisissez-le, puis faites correspondre les colonnes. Colonnes lues : %(columns)s."
    ),
    "wrong_kind": N_(
        "Ce fichier ressemble à un fichier de %(found)s, pas de %(expected)s. "
        "Vérifiez le fichier choisi."
    ),
    "missing_fields": N_(
        "Il manque des colonnes obligatoires : %(fields)s. Faites correspondre une colonne du "
        "fichier à chacune. Colonnes lues : %(columns)s."
    ),
    "missing_columns": N_(
        "Le fichier n'a plus les colonnes attendues : %(missing)s. Corrigez la correspondance "
        "des colonnes, ou refaites l'export. Colonnes lues : %(columns)s."
    ),
    "bad_mapping": N_("La correspondance des colonnes est incorrecte : %(detail)s."),
}

# Why a cell or a row can't be taken as it is.
CAUSE: dict[str, str] = {
    "missing": N_("Valeur obligatoire absente"),
    "too_few_cells": N_("Ligne tronquée : %(found)s cellules au lieu de %(expected)s"),
    "too_many_cells": N_("Ligne trop longue : %(found)s cellules au lieu de %(expected)s"),
    "open_quote": N_("Guillemet ouvert et jamais refermé"),
    "unreadable": N_("Cellule démesurée"),
    "conflict": N_("Même clé, contenu différent : lignes %(rows)s"),
    "shared_lease": N_("Numéro de bail porté par plusieurs logements : lignes %(rows)s"),
    "too_long": N_("Texte trop long (%(length)s caractères, %(limit)s au plus)"),
    "lost_letter": N_("Lettre perdue par un ancien encodage (« ? »), texte gardé tel quel"),
    "email_lost_letter": N_("Lettre perdue par un ancien encodage (« ? ») dans l'adresse"),
    "control_characters": N_("Caractères invisibles interdits"),
    "bad_reference": N_("Identifiant abîmé par un tableur (notation scientifique)"),
    "odd_reference": N_("Identifiant trop long ou avec des caractères interdits"),
    "bad_date": N_("Date incompréhensible"),
    "impossible_date": N_("Cette date n'existe pas"),
    "ambiguous_date": N_("Date ambiguë"),
    "exit_before_entry": N_("Date de sortie avant la date d'entrée"),
    "end_before_start": N_("Date de fin avant la date de début"),
    "bad_number": N_("Nombre incompréhensible"),
    "out_of_range": N_("Valeur hors limites (%(low)s à %(high)s)"),
    "bad_postcode": N_("Code postal incompréhensible"),
    "bad_insee": N_("Code INSEE incompréhensible"),
    "bad_house_number": N_("Numéro de voie incompréhensible"),
    "clock_time": N_("Numéro de voie changé en heure, et les voisins ne permettent pas de le dire"),
    "bad_floor": N_("Étage inconnu"),
    "bad_typology": N_("Typologie inconnue"),
    "bad_heating": N_("Mode de chauffage inconnu"),
    "bad_flag": N_("Ni oui ni non"),
    "bad_code": N_("Code inconnu"),
    "bad_civility": N_("Civilité inconnue"),
    "bad_role": N_("Qualité de l'occupant inconnue"),
    "name_not_split": N_("Nom et prénom impossibles à séparer, gardés ensemble comme nom"),
    "bad_email": N_("Adresse électronique incorrecte"),
    "not_a_phone": N_("Ce n'est pas un numéro de téléphone"),
    "phone_digits_lost": N_("Numéro arrondi par un tableur : des chiffres sont perdus"),
    "invalid_phone": N_("Ce numéro n'existe pas"),
    "bad_equipment": N_("Équipement inconnu"),
    "bad_hours": N_("Horaires incompréhensibles"),
    "bad_residences": N_("Liste de résidences incompréhensible"),
    "unknown_dwelling": N_("Aucun logement du patrimoine ne porte ce numéro"),
    "unknown_residence": N_("Aucune résidence du patrimoine ne porte ce code"),
}

# What the person can do about it; a cause without its own advice has the general one.
ADVICE: dict[str, str] = {
    "missing": N_("Complétez la cellule"),
    "too_few_cells": N_("Complétez la ligne ou refaites l'export"),
    "too_many_cells": N_("Entourez de guillemets la cellule qui contient le séparateur"),
    "open_quote": N_("Refermez le guillemet ou enlevez-le"),
    "conflict": N_("Gardez la bonne ligne et supprimez l'autre"),
    "shared_lease": N_("Vérifiez le numéro de bail"),
    "email_lost_letter": N_("Remettez la lettre dans votre logiciel, ou exportez en UTF-8"),
    "lost_letter": N_("Remettez la lettre dans votre logiciel, ou exportez en UTF-8"),
    "bad_reference": N_("Mettez la colonne au format Texte avant l'export"),
    "bad_date": N_("Écrivez la date comme 31/12/2026"),
    "impossible_date": N_("Corrigez la date"),
    "ambiguous_date": N_("Écrivez l'année sur quatre chiffres, comme 31/12/2026"),
    "exit_before_entry": N_("Corrigez l'une des deux dates"),
    "end_before_start": N_("Corrigez l'une des deux dates"),
    "bad_postcode": N_("Écrivez les cinq chiffres"),
    "bad_insee": N_("Écrivez les cinq caractères"),
    "clock_time": N_("Mettez la colonne au format Texte et réécrivez le numéro"),
    "bad_role": N_("Écrivez titulaire, cotitulaire, occupant, garant ou copropriétaire"),
    "phone_digits_lost": N_("Mettez la colonne au format Texte et réécrivez le numéro"),
    "bad_hours": N_("Écrivez par exemple 24/7 ou 8h30-12h30 13h30-17h30"),
    "bad_residences": N_("Écrivez les codes séparés par |, ou TOUTES"),
    "bad_equipment": N_("Choisissez un équipement de la liste, ou complétez la liste de codes"),
    "unknown_dwelling": N_("Corrigez le numéro, ou importez d'abord le fichier des logements"),
    "unknown_residence": N_("Corrigez le code, ou importez d'abord le fichier des logements"),
}
GENERAL_ADVICE = N_("Corrigez la cellule et renvoyez la ligne")

# What was repaired without a doubt.
REPAIR: dict[str, str] = {
    "leading_zero": N_("Zéro de tête remis"),
    "scientific": N_("Notation scientifique dépliée"),
    "century": N_("Année sur quatre chiffres"),
    "excel_serial": N_("Date écrite en nombre par le tableur"),
    "clock_time": N_("Numéro de voie changé en heure, rétabli d'après les voisins"),
    "placeholder": N_("Mention sans valeur lue comme une absence"),
    "joined_rows": N_("Ligne coupée en deux, recollée"),
    "split_numbers": N_("Plusieurs numéros dans la cellule, séparés"),
    "phone_note": N_("Mention à côté du numéro, gardée en note"),
    "country_code": N_("Indicatif +33 rétabli"),
    "decimal_zero": N_("« .0 » ajouté par un tableur, enlevé"),
}

KINDS: dict[str, str] = {
    "dwellings": N_("logements"),
    "leases": N_("baux et occupants"),
    "contracts": N_("contrats d'entretien"),
}


def file_error(code: str, **values: Any) -> UserError:
    """Return the error that refuses a whole file, in the reader's language."""
    return UserError(gettext(FILE[code], **values))


def cause_text(code: str, values: dict[str, Any] | None = None) -> str:
    """Return why a cell or a row is refused, in the reader's language."""
    return str(gettext(CAUSE[code], **(values or {})))


def advice_text(code: str) -> str:
    """Return what to do about a refused cell or row, in the reader's language."""
    return str(gettext(ADVICE.get(code, GENERAL_ADVICE)))


def repair_text(code: str) -> str:
    """Return what a repair did, in the reader's language."""
    return str(gettext(REPAIR[code]))


def kind_text(kind: str) -> str:
    """Return the French name of a kind of file, in the reader's language."""
    return str(gettext(KINDS[kind]))
