"""The draft of a member's rules, publishing it, and the versions of long ago."""

from collections.abc import Iterable

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.members.directory_queries import get_house
from callcenter.members.views.parts import back_to_members, done, landlord_only, tabs
from callcenter.routing import rule_versions as services
from callcenter.routing import screen_queries
from callcenter.routing import version_queries as queries
from callcenter.routing.forms import PublishForm
from callcenter.routing.models import RoutingVersion
from callcenter.routing.rule_changes import RuleChange, changes_between
from callcenter.routing.rule_reading import ChangeLine, change_in_words, snapshot_in_words
from callcenter.routing.views.parts import blueprint
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.pagination import window_from

EDIT = Permission.ROUTING_EDIT
_PAGE = 30
_DRAFT = "draft"


def _described(member_id: int, changes: Iterable[RuleChange]) -> list[ChangeLine]:
    found = list(changes)
    conditions = [
        rule["conditions"] for each in found for rule in (each.before, each.after) if rule
    ]
    names = screen_queries.get_names(member_id, conditions)
    return [change_in_words(each, names) for each in found]


@blueprint.route("/routing/rules/<int:member_id>/draft", methods=["GET", "POST"])
@requires(EDIT)
def draft(member_id: int) -> ResponseReturnValue:
    """Show what the draft changes, and put it in force."""
    house = landlord_only(get_house(member_id))
    form = PublishForm()
    made = saved(
        form,
        lambda: services.publish(
            member_id, seen=form.digest.data or "", note=form.note.data or "", actor=current_actor()
        ),
    )
    if made:
        here = url_for("routing.member_rules", member_id=member_id)
        return done(_("Les règles sont en vigueur : version %(number)s.", number=made.number), here)
    found = queries.get_draft(member_id)
    form.digest.data = found.digest
    page = render_template(
        "routing/draft.html",
        house=house,
        form=form,
        draft=found,
        changes=_described(member_id, found.changes),
        back=(url_for("routing.member_rules", member_id=member_id), _("Règles")),
        accent_id=member_id,
    )
    return page, status_of(form)


@blueprint.post("/routing/rules/<int:member_id>/draft/drop")
@requires(EDIT)
def drop_draft(member_id: int) -> ResponseReturnValue:
    """Make the draft what is in force again."""
    landlord_only(get_house(member_id))
    with transaction():
        services.drop_draft(member_id, actor=current_actor())
    here = url_for("routing.member_rules", member_id=member_id)
    return done(_("Le brouillon est abandonné : il redit les règles en vigueur."), here)


@blueprint.get("/routing/rules/<int:member_id>/versions")
@requires(EDIT)
def rule_versions(member_id: int) -> ResponseReturnValue:
    """List a member's versions, the newest first."""
    house = landlord_only(get_house(member_id))
    window = window_from(request.args, 1, _PAGE)
    return render_template(
        "routing/versions.html",
        house=house,
        page=queries.list_versions(member_id, window),
        in_force=queries.find_in_force(member_id),
        tabs=tabs(house, "rules"),
        back=back_to_members(),
        accent_id=member_id,
    )


@blueprint.get("/routing/versions/<int:version_id>")
@requires(EDIT)
def rule_version(version_id: int) -> ResponseReturnValue:
    """Show one version: its rules, and what it changed from another (?against=)."""
    version = queries.get_version(version_id)
    house = get_house(version.member_id)
    against = request.args.get("against", str(version.number - 1))
    other_rules, other = _compared(version, against)
    names = screen_queries.get_names(house.id, [rule["conditions"] for rule in version.rules])
    return render_template(
        "routing/version.html",
        house=house,
        version=version,
        in_force=queries.find_in_force(house.id),
        others=[
            *([] if other else [("", _("Choisir"))]),
            (_DRAFT, _("le brouillon")),
            *(
                (str(number), _("version %(number)s", number=number))
                for number in queries.list_version_numbers(house.id)
                if number != version.number
            ),
        ],
        against=other,
        changes=None
        if other_rules is None
        else _described(house.id, changes_between(other_rules, version.rules)),
        rules=[snapshot_in_words(rule, names) for rule in version.rules],
        back=(url_for("routing.rule_versions", member_id=house.id), _("Versions")),
        accent_id=house.id,
    )


def _compared(version: RoutingVersion, against: str) -> tuple[list[dict[str, object]] | None, str]:
    """Return the rules to compare with, and what they are: a version's number or the draft."""
    if against == _DRAFT:
        return queries.get_draft(version.member_id).rules, _DRAFT
    if against.isascii() and against.isdigit() and len(against) < 10:  # noqa: PLR2004
        other = queries.find_version(version.member_id, int(against))
        if other is not None:
            return other.rules, against
    return None, ""


@blueprint.post("/routing/versions/<int:version_id>/restore")
@requires(EDIT)
def restore_version(version_id: int) -> ResponseReturnValue:
    """Go back to a version: in the draft, or in force at once."""
    version = queries.get_version(version_id)
    at_once = request.form.get("at_once") == "1"
    with transaction():
        made = services.go_back(version, at_once=at_once, actor=current_actor())
    if made is not None:
        return done(
            _("Les règles de la version %(old)s sont de nouveau en vigueur : version %(new)s.",
              old=version.number, new=made.number),
            url_for("routing.member_rules", member_id=version.member_id),
        )  # fmt: skip
    return done(
        _("Le brouillon reprend la version %(old)s. Rien n'est encore en vigueur.",
          old=version.number),
        url_for("routing.draft", member_id=version.member_id),
    )  # fmt: skip
