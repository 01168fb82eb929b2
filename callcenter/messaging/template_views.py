"""The member's templates: list, edit with a live preview, versions, back to the default words."""

from dataclasses import dataclass, replace

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.editing import StaleError
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.messaging import words
from callcenter.messaging.decisions import edit_template, reset_template, restore_template
from callcenter.messaging.default_texts import (
    DEFAULT_TEXTS,
    LANGUAGES,
    SAMPLES,
    known_in,
    required_in,
)
from callcenter.messaging.follow_up_queries import get_choices, list_template_versions
from callcenter.messaging.forms import TemplateForm
from callcenter.messaging.ledger import segment_price
from callcenter.messaging.ledger_views import price_words
from callcenter.messaging.models import MessageTemplate
from callcenter.messaging.queries import get_template, list_templates
from callcenter.messaging.real_facts import facts_source
from callcenter.messaging.states import Trigger
from callcenter.messaging.text import (
    SmsSize,
    check_template,
    count_segments,
    offending_characters,
    render,
    to_gsm7,
)
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.theme import accents


@dataclass(frozen=True, slots=True)
class Shown:
    """A template as it would arrive: text, size, what is wrong with it, what would be replaced.

    ``offending`` stay and make it dearer; ``replaced`` are (written, sent) pairs.
    """

    text: str
    size: SmsSize
    problem: str = ""
    offending: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()


def _members() -> dict[int, str]:
    return {one.member_id: one.name for one in accents()}


def templates() -> ResponseReturnValue:
    """Show a member's templates in one language, with what each costs."""
    members = _members()
    member_id = request.args.get("member", 0, type=int)
    if member_id not in members:
        member_id = next(iter(members), 0)
    language = request.args.get("language", "")
    language = language if language in LANGUAGES else LANGUAGES[0]
    facts = {"membre": members.get(member_id, ""), **SAMPLES[language]}
    return render_template(
        "messaging/templates.html",
        templates=[(row, _filled(row.body, facts)) for row in list_templates(member_id, language)],
        members=members,
        member_id=member_id,
        language=language,
        written_in=LANGUAGES,
        choices=get_choices(member_id),
        price=segment_price(member_id),
        in_euros=price_words,
        trigger_word=words.trigger_word,
    )


def template(template_id: int) -> ResponseReturnValue:
    """Show the form of one template."""
    row = get_template(template_id)
    return _form_page(row, TemplateForm(obj=row))


def save(template_id: int) -> ResponseReturnValue:
    """Keep a template as it was edited; or, when asked, only make its letters cheap."""
    row = get_template(template_id)
    form = TemplateForm()
    if "transliterate" in request.form:
        form.body.data = to_gsm7(form.body.data or "")
        return _form_page(row, form)
    if not form.validate_on_submit():
        return _form_page(row, form, 422)
    try:
        with transaction():
            edit_template(
                template_id, form.body.data, version=form.seen_version, actor=current_actor()
            )
    except StaleError as error:
        form.version.data, form.version.raw_data = error.version, None
        form.add_error(None, error.message)
        return _form_page(row, form, 422)
    except UserError as error:
        form.add_error(error.field, error.message)
        return _form_page(row, form, 422)
    flash(_("Le modèle est enregistré."), "success")
    return go_to(url_for("messaging.template", template_id=template_id))


def reset(template_id: int) -> ResponseReturnValue:
    """Bring back the default words."""
    form = TemplateForm()
    try:
        with transaction():
            reset_template(template_id, version=form.seen_version, actor=current_actor())
    except StaleError as error:
        flash(error.message, "warning")
    else:
        flash(_("Le texte d'origine est rétabli."), "success")
    return go_to(url_for("messaging.template", template_id=template_id))


def restore(template_id: int) -> ResponseReturnValue:
    """Bring back the words of an earlier version."""
    form = TemplateForm()
    number = request.form.get("number", 0, type=int)
    try:
        with transaction():
            restore_template(template_id, number, version=form.seen_version, actor=current_actor())
    except UserError as error:
        flash(error.message, "warning")
    else:
        flash(_("Le texte de la version %(number)s est rétabli.", number=number), "success")
    return go_to(url_for("messaging.template", template_id=template_id))


def preview(template_id: int) -> ResponseReturnValue:
    """Show the text that is being typed as it would arrive, and what it costs."""
    row = get_template(template_id)
    body = request.form.get("body", "")[:2000]
    shown = _shown(row, body)
    return render_template(
        "messaging/_preview.html", template=row, shown=shown, price=_price(row, shown)
    )


def _form_page(row: MessageTemplate, form: TemplateForm, status: int = 200) -> ResponseReturnValue:
    source = facts_source()
    trigger = Trigger(row.trigger)
    shown = _shown(row, form.body.data or "")
    page = render_template(
        "messaging/template.html",
        template=row,
        form=form,
        member=_members().get(row.member_id, ""),
        placeholders=known_in(trigger),
        required=required_in(trigger),
        is_default=row.body == _default_of(row),
        versions=list_template_versions(row.id),
        tickets=source.recent(row.member_id) if source else (),
        chosen_ticket=_ticket_id(),
        trigger_word=words.trigger_word,
        accent_id=row.member_id,
        shown=shown,
        price=_price(row, shown),
    )
    return page, status


def _price(row: MessageTemplate, shown: Shown) -> str:
    """Return what one message as shown costs today, in words; "" without a tariff."""
    price = segment_price(row.member_id)
    return "" if price is None else price_words(price * shown.size.segments)


def _shown(row: MessageTemplate, body: str) -> Shown:
    """Return what the preview shows: with the facts of a real request, or made-up ones."""
    trigger = Trigger(row.trigger)
    try:
        check_template(body, known_in(trigger), required_in(trigger))
    except UserError as error:
        return Shown("", count_segments(""), error.message)
    source, number = facts_source(), _ticket_id()
    # What is said of several requests is no single one's.
    number = number if trigger is not Trigger.SEVERAL else None
    facts = source.values(number, row.language) if source and number else None
    member = _members().get(row.member_id, "") or "Bailleur"
    shown = _filled(body, facts or {"membre": member, **SAMPLES[row.language]})
    # Only what the person wrote: a place's own name is transliterated without a word.
    written = offending_characters(body)
    replaced = tuple((char, to_gsm7(char)) for char in written if to_gsm7(char) != char)
    return replace(shown, replaced=replaced)


def _filled(body: str, facts: dict[str, str]) -> Shown:
    try:
        text = to_gsm7(render(body, facts))
    except UserError:
        text = to_gsm7(body)
    size = count_segments(text)
    return Shown(text, size, offending=size.offending)


def _ticket_id() -> int | None:
    text = request.form.get("ticket", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004 - bigint


def _default_of(row: MessageTemplate) -> str:
    try:
        return DEFAULT_TEXTS[row.language][Trigger(row.trigger)]
    except (KeyError, ValueError):
        raise NotFound from None


def add_template_routes(blueprint: Blueprint) -> None:
    """Put these pages on the room's blueprint."""
    edit = requires(Permission.MESSAGING_EDIT)
    one = "/templates/<int:template_id>"
    blueprint.add_url_rule("/templates", view_func=edit(templates))
    blueprint.add_url_rule(one, view_func=edit(template))
    blueprint.add_url_rule(one, view_func=edit(save), methods=["POST"])
    blueprint.add_url_rule(f"{one}/reset", view_func=edit(reset), methods=["POST"])
    blueprint.add_url_rule(f"{one}/restore", view_func=edit(restore), methods=["POST"])
    blueprint.add_url_rule(f"{one}/preview", view_func=edit(preview), methods=["POST"])
