"""What the screens of this room share."""

from collections.abc import Iterable

from flask import Blueprint
from flask_babel import get_locale
from werkzeug.datastructures import MultiDict

from callcenter.routing.catalogue_types import Question
from callcenter.routing.category_rows import category_from
from callcenter.routing.models import Category
from callcenter.routing.payment_rules import Guidance
from callcenter.routing.wording import payment_text

blueprint = Blueprint("routing", __name__)

ANSWER = "answer-"


def language() -> str:
    """Return the language that the page is in, for the sentences of decisions."""
    return str(get_locale() or "fr")


@blueprint.app_template_global("payment_words")
def payment_words(guidance: Guidance) -> tuple[str, list[str]]:
    """Return who pays in a word, then why and by which text, in the page's language."""
    return payment_text(guidance, language())


def questions_of(row: Category | None) -> tuple[Question, ...]:
    """Return the closed questions that agents ask for a category."""
    return category_from(row).questions if row is not None else ()


def answers_in(sent: "MultiDict[str, str]", questions: Iterable[Question]) -> dict[str, str]:
    """Return the answers that were chosen, those that the questions know."""
    found = {}
    for question in questions:
        value = sent.get(ANSWER + question.key, "")
        if value in {choice.value for choice in question.choices}:
            found[question.key] = value
    return found
