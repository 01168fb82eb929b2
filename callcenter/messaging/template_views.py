"""The member's templates: list, edit with a live preview, back to the default words."""

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.editing import StaleError
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.messaging import words
from callcenter.messaging.decisions import edit_template, reset_template
from callcenter.messaging.default_texts import (
    DEFAULT_TEXTS,
    LANGUAGES,
    SAMPLES,
    known_in,
    required_in,
)
from callcenter.messaging.follow_up_queries import get_choices
from callcenter.messaging.forms import TemplateForm
from callcenter.messaging.models import MessageTemplate
from callcenter.messaging.queries import get_template, list_templates
from callcenter.messaging.states import Trigger
from callcenter.messaging.text import SmsSize, check_template, count_segments, render, to_gsm7
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.theme import accents


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
    rows = list_templates(member_id, language)
    return render_template(
        "messaging/templates.html",
        templates=[(row, _sample(row.body, members[member_id], language)) for row in rows],
        members=members,
        member_id=member_id,
        language=language,
        written_in=LANGUAGES,
        choices=get_choices(member_id),
        trigger_word=words.trigger_word,
    )


def template(template_id: int) -> ResponseReturnValue:
    """Show the form of one template."""
    row = get_template(template_id)
    form = TemplateForm(obj=row)
    return _form_page(row, form)


def save(template_id: int) -> ResponseReturnValue:
    """Keep a template as it was edited."""
    row = get_template(template_id)
    form = TemplateForm()
    if not form.validate_on_submit():
        return _form_page(row, form, 422)
    try:
        with transaction():
            edit_template(
                template_id,
                form.body.data,
                version=form.seen_version,
                actor=current_actor(),
            )
    except StaleError as error:
        form.version.data, form.version.raw_data = error.version, None
        form.add_error(None, error.message)
        return _form_page(row, form, 422)
    except UserError as error:
        form.add_error(error.field, error.message)
        return _form_page(row, form, 422)
    flash(_("Le modèle est enregistré."), "success")
    return go_to(url_for("messaging.templates", member=row.member_id, language=row.language))


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


def preview(template_id: int) -> ResponseReturnValue:
    """Show the text that is being typed as it would arrive, and what it costs."""
    row = get_template(template_id)
    return render_template(
        "messaging/_preview.html", **_preview(row, request.form.get("body", "")[:2000])
    )


def _form_page(row: MessageTemplate, form: TemplateForm, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "messaging/template.html",
        template=row,
        form=form,
        member=_members().get(row.member_id, ""),
        placeholders=known_in(Trigger(row.trigger)),
        required=required_in(Trigger(row.trigger)),
        is_default=row.body == _default_of(row),
        trigger_word=words.trigger_word,
        accent_id=row.member_id,
        **_preview(row, form.body.data or ""),
    )
    return page, status


def _preview(row: MessageTemplate, body: str) -> dict[str, object]:
    """Return what the preview shows: the text with made-up facts, its size, what is wrong."""
    problem = ""
    sample, size = "", count_segments("")
    try:
        trigger = Trigger(row.trigger)
        check_template(body, known_in(trigger), required_in(trigger))
        sample, size = _sample(body, _members().get(row.member_id, ""), row.language)
    except UserError as error:
        problem = error.message
    return {"sample": sample, "size": size, "problem": problem, "offending": size.offending}


def _sample(body: str, member: str, language: str) -> tuple[str, SmsSize]:
    values = {"membre": member or "Bailleur", **SAMPLES[language]}
    try:
        text = to_gsm7(render(body, values))
    except UserError:
        text = to_gsm7(body)
    return text, count_segments(text)


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
    blueprint.add_url_rule(f"{one}/preview", view_func=edit(preview), methods=["POST"])
