"""Trying an imagined call: where it would go, why, and why not elsewhere. Nothing is kept."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.members.directory_queries import get_house
from callcenter.members.views.parts import landlord_only
from callcenter.routing import screen_queries as queries
from callcenter.routing.forms import TryForm
from callcenter.routing.models import Category
from callcenter.routing.queries import get_draft_routing
from callcenter.routing.rule_services import resolve_building, resolve_residence
from callcenter.routing.services import RoutePreview, RouteRequest, decide_route
from callcenter.routing.states import CallerRole, Location, Service
from callcenter.routing.version_queries import get_draft
from callcenter.routing.views.parts import ANSWER, answers_in, blueprint, language, questions_of
from callcenter.ui.access import requires
from callcenter.ui.fields import status_of

EDIT = Permission.ROUTING_EDIT


@blueprint.get("/routing/rules/<int:member_id>/try")
@requires(EDIT)
def try_call(member_id: int) -> ResponseReturnValue:
    """Show where an imagined call would go."""
    house = landlord_only(get_house(member_id))
    sent = "category_id" in request.args
    now = clock.in_paris(clock.now()).replace(tzinfo=None, second=0, microsecond=0)
    form = TryForm(request.args if sent else None, at=now, caller_role=CallerRole.TENANT)
    rows = {row.id: row for row in queries.list_category_rows(member_id) if row.active}
    form.category_id.offer(
        {number: f"{row.code} {row.label}" for number, row in rows.items()}, _("Choisir")
    )
    category = rows.get(form.category_id.data)
    draft = get_draft(member_id)
    found = in_force = None
    if sent and form.validate():
        found = _decide(form, member_id, category, draft=bool(draft.changes))
        in_force = _decide(form, member_id, category) if found and draft.changes else None
    page = render_template(
        "routing/try.html",
        form=form,
        house=house,
        found=found,
        in_force=in_force,
        draft=draft,
        moved=bool(found and in_force and _outcome(found) != _outcome(in_force)),
        questions=questions_of(category),
        answers=answers_in(request.args, questions_of(category)),
        prefix=ANSWER,
        back=(url_for("routing.member_rules", member_id=member_id), _("Règles")),
        accent_id=member_id,
    )
    return page, status_of(form)


def _outcome(route: RoutePreview) -> tuple[object, ...]:
    return (route.organisation_id, route.team_id, route.destination, route.priority)


def _decide(
    form: TryForm, member_id: int, category: Category | None, *, draft: bool = False
) -> RoutePreview | None:
    if category is None:
        return None
    try:
        residence_id = resolve_residence(member_id, form.residence.data or "")
        place: dict[str, Any] = {"location": _location(form)}
        return decide_route(
            RouteRequest(
                member_id=member_id,
                service=Service(form.service.data),
                category_id=category.id,
                at=form.at.data.replace(tzinfo=clock.PARIS),
                residence_id=residence_id,
                building_id=resolve_building(residence_id, form.building.data or ""),
                caller_role=CallerRole(form.caller_role.data),
                answers=answers_in(request.args, questions_of(category)),
                **place,
            ),
            language(),
            get_draft_routing(member_id) if draft else None,
        )
    except UserError as error:
        form.add_error(error.field, error.message)
    except NotFound:
        form.add_error("category_id", _("Ce motif n'est pas proposé."))
    return None


def _location(form: TryForm) -> Location | None:
    return Location(form.location.data) if form.location.data else None
