"""The words in which people read rotas and pages."""

from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.oncall.states import (
    AttemptRole,
    AttemptState,
    ContractRule,
    PageState,
    Turn,
)

CONTRACT_RULES: Final[dict[str, LazyString]] = {
    ContractRule.AT_ONCE: _l("prévenir l'astreinte tout de suite"),
    ContractRule.IF_SILENT: _l("la prévenir si le prestataire n'a pas accepté à temps"),
}

TURNS: Final[dict[str, LazyString]] = {
    Turn.WEEK: _l("une personne par semaine"),
    Turn.NIGHT: _l("une personne par nuit"),
}

PAGE_STATES: Final[dict[str, LazyString]] = {
    PageState.CALLING: _l("en cours d'appel"),
    PageState.ESCALATED: _l("sans réponse : au superviseur"),
    PageState.ACKNOWLEDGED: _l("prise en charge"),
    PageState.DONE: _l("intervention terminée"),
    PageState.STOOD_DOWN: _l("sans objet"),
}

PAGE_TONES: Final[dict[str, str]] = {
    PageState.CALLING: "wait",
    PageState.ESCALATED: "danger",
    PageState.ACKNOWLEDGED: "good",
    PageState.DONE: "good",
    PageState.STOOD_DOWN: "neutral",
}

ATTEMPT_STATES: Final[dict[str, LazyString]] = {
    AttemptState.ASKED: _l("appel en cours"),
    AttemptState.ACKNOWLEDGED: _l("a pris l'intervention"),
    AttemptState.DECLINED: _l("ne peut pas"),
    AttemptState.SILENT: _l("n'a pas répondu"),
    AttemptState.FAILED: _l("SMS non remis"),
    AttemptState.SPARED: _l("plus sollicité"),
}

ATTEMPT_ROLES: Final[dict[str, LazyString]] = {
    AttemptRole.DUTY: _l("d'astreinte"),
    AttemptRole.NEXT: _l("suivant dans la liste"),
    AttemptRole.SUPERVISOR: _l("superviseur"),
}

DAYS_SHORT: Final[tuple[LazyString, ...]] = (
    _l("lun."), _l("mar."), _l("mer."), _l("jeu."), _l("ven."), _l("sam."), _l("dim."),
)  # fmt: skip
