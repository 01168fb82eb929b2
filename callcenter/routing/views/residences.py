"""Who owns a residence, its syndic, and the warranties of its works: what decides who answers."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.permissions import Permission
from callcenter.members.directory_queries import get_house
from callcenter.members.views.parts import done
from callcenter.routing import residence_services as services
from callcenter.routing import screen_words as words
from callcenter.routing.forms import ResidenceForm
from callcenter.routing.rule_sets import warranty_end
from callcenter.routing.states import Warranty
from callcenter.routing.views.parts import blueprint
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.navigation import url_if_exists


@blueprint.route("/routing/residences/<int:residence_id>", methods=["GET", "POST"])
@requires(Permission.ROUTING_EDIT)
def residence(residence_id: int) -> ResponseReturnValue:
    """Change a residence's ownership, syndic and handing-over."""
    row = services.get_residence(residence_id)
    house = get_house(row.member_id)
    form = ResidenceForm(obj=row)
    form.syndic_id.offer(services.list_syndics(row.member_id), _("Non renseigné"))
    here = url_for("routing.residence", residence_id=row.id)

    def work() -> bool:
        services.save_residence(
            row,
            form.values("ownership", "syndic_id", "completed_on"),
            seen_version=form.seen_version,
            actor=current_actor(),
        )
        return True

    if saved(form, work):
        return done(_("« %(name)s » est enregistrée.", name=row.name), here)
    today = clock.today()
    ends = [
        (words.WARRANTY_NAMES[warranty], warranty_end(row.completed_on, warranty))
        for warranty in Warranty
        if row.completed_on is not None
    ]
    page = render_template(
        "routing/residence.html",
        row=row,
        house=house,
        form=form,
        warranties=[(name, end, end >= today) for name, end in ends],
        back=(
            url_if_exists("estate.residence", residence_id=row.id)
            or url_for("routing.member_rules", member_id=row.member_id),
            row.name,
        ),
        accent_id=row.member_id,
    )
    return page, status_of(form)
