"""What the ledger says: causes in words, alerts in a sentence, and what each figure means."""

from collections.abc import Sequence
from typing import Final

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.messaging.ledger_models import DeliveryAlert
from callcenter.messaging.ledger_rules import Cause
from callcenter.messaging.rules import explain_error
from callcenter.messaging.states import MessageState
from callcenter.messaging.words import reason_words

LEDGER_DEFINITIONS: Final[Sequence[tuple[LazyString, LazyString]]] = (
    (
        _l("Mois"),
        _l(
            "un message compte au jour (heure de Paris) où l'opérateur l'a pris, ou, s'il n'est "
            "pas parti, au jour où il a été écrit"
        ),
    ),
    (
        _l("Envoyés"),
        _l("messages pris par l'opérateur ; un nouvel essai est un envoi de plus"),
    ),
    (
        _l("Segments"),
        _l("ce que l'opérateur facture : les segments des messages envoyés, remis ou non"),
    ),
    (
        _l("Montant"),
        _l(
            "segments de chaque jour au tarif de ce jour, hors taxes, arrondi au centime par "
            "membre ; le total est la somme des lignes"
        ),
    ),
    (
        _l("Part remise"),
        _l("remis sur remis et échecs ; ce qui est encore en route ne compte pas"),
    ),
    (
        _l("Délai"),
        _l(
            "du moment où l'opérateur prend le message à sa remise : la moitié arrive avant le "
            "délai médian, 95 % avant le second"
        ),
    ),
    (_l("Échecs"), _l("messages refusés par l'opérateur ou que le téléphone n'a pas reçus")),
    (
        _l("Non envoyés"),
        _l("gardés avant le départ : sans numéro, arrêt demandé, périmés, annulés"),
    ),
)

_KEPT: Final[dict[MessageState, LazyString]] = {
    MessageState.EXPIRED: _l("Trop tard pour être utile : le message n'est pas parti."),
    MessageState.CANCELLED: _l("Retenu par une personne."),
}


def cause_words(cause: Cause) -> str:
    """Return why messages did not arrive, as people read it."""
    if cause.error_code:
        return explain_error(cause.error_code)
    if cause.state in _KEPT:
        return str(_KEPT[cause.state])
    if cause.note:
        return reason_words(cause.note)
    return str(_("Sans réponse de l'opérateur, abandonné par une personne."))


def alert_words(alert: DeliveryAlert) -> str:
    """Return what has fallen, compared with what, and what is most to blame."""
    fallen = _(
        "Part remise sur %(hours)s h : %(share)s %% (%(delivered)s sur %(counted)s), "
        "d'habitude %(usual)s %% sur %(days)s jours.",
        hours=alert.window_hours,
        share=alert.share,
        delivered=alert.delivered,
        counted=alert.counted,
        usual=alert.usual,
        days=alert.usual_days,
    )
    if not alert.error_code:
        return str(fallen)
    cause = _(
        "Première cause : %(cause)s (code %(code)s)",
        cause=explain_error(alert.error_code).rstrip("."),
        code=alert.error_code,
    )
    return f"{fallen} {cause}"
