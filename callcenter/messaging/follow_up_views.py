"""The page on which a member's manager says which follow-ups leave, how late and how many."""

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.editing import StaleError
from callcenter.core.errors import NotFound
from callcenter.core.permissions import Permission
from callcenter.messaging import words
from callcenter.messaging.follow_up_forms import FollowUpsForm
from callcenter.messaging.follow_up_queries import get_choices, get_policy
from callcenter.messaging.follow_up_rules import DEFAULTS
from callcenter.messaging.follow_up_services import choose_follow_ups
from callcenter.messaging.queries import list_templates
from callcenter.ui.access import current_actor, requires
from callcenter.ui.htmx import go_to
from callcenter.ui.theme import accents


def follow_ups() -> ResponseReturnValue:
    """Show the follow-ups of the first member that the person looks after."""
    first = next((one.member_id for one in accents()), None)
    if first is None:
        raise NotFound
    return member_follow_ups(first)


def member_follow_ups(member_id: int) -> ResponseReturnValue:
    """Show what one member sends."""
    _require(member_id)
    policy, version = get_policy(member_id)
    return _page(member_id, FollowUpsForm.of(get_choices(member_id), policy, version))


def choose(member_id: int) -> ResponseReturnValue:
    """Keep what was chosen."""
    _require(member_id)
    policy, version = get_policy(member_id)
    form = FollowUpsForm.of(get_choices(member_id), policy, version)
    if not form.validate_on_submit():
        return _page(member_id, form, 422)
    try:
        with transaction():
            choose_follow_ups(
                member_id,
                form.choices(),
                form.policy(),
                version=form.seen_version,
                actor=current_actor(),
            )
    except StaleError as error:
        form.version.data, form.version.raw_data = error.version, None
        form.add_error(None, error.message)
        return _page(member_id, form, 422)
    flash(_("Les suivis sont réglés."), "success")
    return go_to(url_for("messaging.member_follow_ups", member_id=member_id))


def _require(member_id: int) -> None:
    if member_id not in {one.member_id for one in accents()}:
        raise NotFound


def _page(member_id: int, form: FollowUpsForm, status: int = 200) -> ResponseReturnValue:
    members = {one.member_id: one.name for one in accents()}
    templates = {one.trigger: one.id for one in list_templates(member_id, "fr")}
    page = render_template(
        "messaging/follow_ups.html",
        form=form,
        rows=[
            (trigger, form.switch_of(trigger), form.delay_of(trigger), templates.get(trigger))
            for trigger in DEFAULTS
        ],
        hours=words.OWN_HOURS,
        trigger_word=words.trigger_word,
        members=members,
        member_id=member_id,
        accent_id=member_id,
    )
    return page, status


def add_follow_up_routes(blueprint: Blueprint) -> None:
    """Put this page on the room's blueprint."""
    edit = requires(Permission.MESSAGING_EDIT)
    one = "/follow-ups/<int:member_id>"
    blueprint.add_url_rule("/follow-ups", view_func=edit(follow_ups))
    blueprint.add_url_rule(one, view_func=edit(member_follow_ups))
    blueprint.add_url_rule(one, view_func=edit(choose), methods=["POST"])
