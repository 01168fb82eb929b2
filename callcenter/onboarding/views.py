"""The page that founds a member."""

from flask import Blueprint, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.permissions import Permission
from callcenter.members.forms import IdentityForm
from callcenter.onboarding import services
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved, status_of
from callcenter.ui.htmx import go_to

blueprint = Blueprint("onboarding", __name__)

_COLOUR = "#1f4e79"


@blueprint.route("/members/new", methods=["GET", "POST"])
@requires(Permission.MEMBERS_MANAGE)
def found() -> ResponseReturnValue:
    """Found a member, then show what is left to set up."""
    form = IdentityForm(accent_colour=_COLOUR)
    made = saved(
        form,
        lambda: services.found_member(
            form.values(*form.FIELDS, "reference_prefix"),
            token=form.token,
            actor=current_actor(),
        ),
    )
    if made:
        flash(
            _(
                "%(name)s est créé avec ses motifs, ses règles, ses équipes et ses modèles de SMS. "
                "Restent ses lignes, ses agences et ses comptes.",
                name=made.name,
            ),
            "success",
        )
        return go_to(url_for("members.lines", member_id=made.id))
    return render_template("onboarding/found.html", form=form), status_of(form)
