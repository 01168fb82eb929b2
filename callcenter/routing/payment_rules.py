"""Who pays, as far as the call tells: guidance with its source, never a promise.

The order of things: a warranty of the works; the common parts of a co-owned building; the answers
to the triage questions; the maintenance contract, if it is in force; else what the category says.
A question that would decide and isn't answered yet leaves "to be checked".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from callcenter.routing.catalogue import BY_CODE
from callcenter.routing.catalogue_types import Payment
from callcenter.routing.rule_sets import is_syndics, warranty_of
from callcenter.routing.rule_types import Situation
from callcenter.routing.states import Family, Payer, Warranty

_CONDO_SOURCE = "loi 65-557, art. 14 et 18"
_WARRANTY_SOURCES = {
    Warranty.COMPLETION: "code civil, art. 1792-6",
    Warranty.EQUIPMENT: "code civil, art. 1792-3",
    Warranty.STRUCTURE: "code civil, art. 1792 et 1792-4-1",
}


@dataclass(frozen=True, slots=True)
class Guidance:
    """Who pays. ``ask`` is the question whose answer would tell; ``own`` the member's choice.

    ``because`` is a code of the reason: warranty, condo, answer, question, contract,
    no_contract, category.
    """

    payer: Payer
    because: str
    source: str = ""
    note: str = ""
    ask: str = ""
    own: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the ticket keeps it."""
        return {
            "payer": str(self.payer),
            "because": self.because,
            "source": self.source,
            "note": self.note,
            "ask": self.ask,
            "own": self.own,
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Guidance:
        """Read what ``to_json`` wrote."""
        return cls(**{**kept, "payer": Payer(kept["payer"])})


def who_pays(situation: Situation, *, contract_found: bool) -> Guidance | None:
    """Say who pays for this call; None where nothing is to be paid.

    ``contract_found``: a maintenance contract in force covers the equipment at that place.
    """
    category = situation.category
    payment = category.payment
    if payment is None:
        return None
    warranty = warranty_of(situation)
    if warranty is not None and category.family is Family.TECHNICAL:
        return Guidance(Payer.BUILDER, "warranty", _WARRANTY_SOURCES[warranty], payment.note)
    if is_syndics(situation):
        return Guidance(Payer.SYNDIC, "condo", _CONDO_SOURCE)
    found = _by_answers(situation, payment) or _by_default(payment, covered=contract_found)
    known = BY_CODE.get(category.code)
    return replace(found, own=known is not None and known.payment != payment)


def _by_answers(situation: Situation, payment: Payment) -> Guidance | None:
    """What the answers tell, or the first question that would tell; None when none does."""
    for question in situation.category.questions:
        if all(choice.payer is None for choice in question.choices):
            continue
        given = situation.answers.get(question.key)
        chosen = next((choice for choice in question.choices if choice.value == given), None)
        if chosen is None:
            return Guidance(
                Payer.TO_CHECK, "question", payment.source, payment.note, ask=question.label
            )
        if chosen.payer is not None:
            source = chosen.payer_source or payment.source
            return Guidance(chosen.payer, "answer", source, payment.note)
    return None


def _by_default(payment: Payment, *, covered: bool) -> Guidance:
    if payment.payer is not Payer.CONTRACT:
        return Guidance(payment.payer, "category", payment.source, payment.note)
    if covered:
        return Guidance(Payer.CONTRACT, "contract", payment.source, payment.note)
    return Guidance(Payer.TO_CHECK, "no_contract", payment.source, payment.note)
