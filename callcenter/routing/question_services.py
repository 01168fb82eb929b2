"""Verbs on the triage questions of a category, and on categories of a member's own."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from callcenter.core.db import db
from callcenter.core.editing import create_once, revise
from callcenter.core.errors import NotFound, UserError
from callcenter.core.isolation import Actor
from callcenter.routing.category_services import RESET_FIELDS
from callcenter.routing.models import Category, RoutingRule
from callcenter.routing.rule_services import lock_rules
from callcenter.routing.screen_queries import list_category_rows

MOST_QUESTIONS = 6
_FEWEST_CHOICES = 2
_SUFFIX = re.compile(r"[A-Z0-9]{2,6}")
_DEEPEST = 3  # dashes in a code
Answers = Sequence[dict[str, Any]]


def save_question(
    row: Category, key: str | None, label: str, answers: Answers, *, seen_version: int, actor: Actor
) -> None:
    """Change a question of a category, or add one (``key`` None).

    Raises UserError for fewer than two answers, two that read the same, an unknown category, or
    an answer that a rule asks for and that is no longer there.
    """
    lock_rules(row.member_id)
    questions = [dict(question) for question in row.questions]
    place = _place(questions, key)
    if place is None and len(questions) >= MOST_QUESTIONS:
        raise UserError(_("Six questions au plus : au-delà, personne ne les pose."), field="label")
    labels = [answer["label"].casefold() for answer in answers]
    if len(answers) < _FEWEST_CHOICES:
        raise UserError(_("Écrivez au moins deux réponses."), field="label")
    if len(set(labels)) < len(labels):
        raise UserError(_("Deux réponses se lisent de la même façon."), field="label")
    codes = {each.code for each in list_category_rows(row.member_id)}
    taken: set[str] = {answer["value"] for answer in answers if answer["value"]}
    choices = []
    for answer in answers:
        if answer["switch_to"] and answer["switch_to"] not in codes - {row.code}:
            raise UserError(_("Choisissez un autre motif de ce membre."), field="label")
        value = answer["value"] or _fresh(answer["label"], taken)
        taken.add(value)
        choices.append(
            {
                "value": value,
                "label": answer["label"],
                "priority": answer["priority"] or None,
                "switch_to": answer["switch_to"] or None,
                "advice": answer["advice"],
                "no_ticket": answer["no_ticket"],
                "payer": answer["payer"] or None,
                "payer_source": answer["payer_source"] if answer["payer"] else "",
            }
        )
    if place is None:
        made = _fresh(label, {question["key"] for question in questions})
        questions.append({"key": made, "label": label, "choices": choices})
    else:
        known = questions[place]
        gone = {choice["value"] for choice in known["choices"]} - {c["value"] for c in choices}
        _check_unused(row, known["key"], gone)
        questions[place] = {"key": known["key"], "label": label, "choices": choices}
    _keep(row, questions, seen_version, actor)


def remove_question(row: Category, key: str, *, seen_version: int, actor: Actor) -> None:
    """Ask a question no longer. Raises UserError while a rule asks for its answer."""
    lock_rules(row.member_id)
    place = _place(row.questions, key)
    if place is None:
        raise NotFound
    _check_unused(row, key, {choice["value"] for choice in row.questions[place]["choices"]})
    _keep(row, [q for q in row.questions if q["key"] != key], seen_version, actor)


def move_question(row: Category, key: str, *, up: bool, seen_version: int, actor: Actor) -> None:
    """Ask a question one place earlier, or later."""
    place = _place(row.questions, key)
    if place is None:
        raise NotFound
    questions = list(row.questions)
    other = place - 1 if up else place + 1
    if 0 <= other < len(questions):
        questions[place], questions[other] = questions[other], questions[place]
    _keep(row, questions, seen_version, actor)


def add_child(parent: Category, suffix: str, label: str, *, token: UUID, actor: Actor) -> Category:
    """Add a category of the member's own below another, as that one is; its rules hold for it."""
    if not _SUFFIX.fullmatch(suffix) or parent.code.count("-") >= _DEEPEST:
        raise UserError(_("Deux à six lettres ou chiffres."), field="suffix")
    lock_rules(parent.member_id)

    def make() -> Category:
        rows = list_category_rows(parent.member_id)
        after = rows.index(parent)
        copied = {name: getattr(parent, name) for name in RESET_FIELDS if name != "label"}
        made = Category(
            **copied, member_id=parent.member_id, code=f"{parent.code}-{suffix}", label=label
        )
        for position, each in enumerate([*rows[: after + 1], made, *rows[after + 1 :]]):
            each.position = position
        made.short, made.synonyms = "", []
        db.session.add(made)
        db.session.flush()
        return made

    return create_once(
        make,
        Category,
        token=token,
        actor=actor,
        action="category.added",
        object_type="category",
        shown=("code", "label"),
        taken={"uq_category_member_id_code": ("suffix", _("Ce code est déjà pris."))},
    )


def _place(questions: Sequence[dict[str, Any]], key: str | None) -> int | None:
    places = [place for place, question in enumerate(questions) if question["key"] == key]
    return places[0] if places else None


def _keep(row: Category, questions: list[Any], seen_version: int, actor: Actor) -> None:
    revise(
        row,
        {"questions": questions},
        seen_version=seen_version,
        actor=actor,
        action="category.changed",
        object_type="category",
    )


def _check_unused(row: Category, key: str, values: set[str]) -> None:
    """Raise UserError when a rule of the draft asks for one of these answers."""
    rules = db.session.scalars(
        select(RoutingRule).where(RoutingRule.member_id == row.member_id, RoutingRule.active)
    )
    for rule in rules:
        asked = rule.conditions.get("answers", {})
        if rule.conditions.get("category") == row.code and asked.get(key) in values:
            raise UserError(
                _("La règle « %(name)s » demande cette réponse : changez-la d'abord.",
                  name=rule.name or rule.id),
                field="label",
            )  # fmt: skip


def _fresh(label: str, taken: set[str]) -> str:
    """Return a short name that is not taken, made of the first words."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    stem = "_".join(re.findall(r"[a-z0-9]+", plain)[:4])[:30] or "x"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name
