"""Mandates: which members a platform account serves, from when to when."""

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.members import user_queries as queries
from callcenter.members import user_services as services
from callcenter.members.queries import get_member, list_members
from callcenter.members.user_forms import MandateForm
from callcenter.members.views.parts import blueprint, done
from callcenter.members.views.users import user_page
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import saved

MEMBERS = Permission.MEMBERS_MANAGE


@blueprint.post("/users/<int:user_id>/mandates")
@requires(MEMBERS)
def add_mandate(user_id: int) -> ResponseReturnValue:
    """Give a mandate, or move the dates of the one that exists."""
    row = queries.get_user(user_id)
    form = MandateForm(prefix="mandate-")
    form.served_id.offer({member.id: member.name for member in list_members()}, _("Choisir"))
    made = saved(
        form,
        lambda: services.set_mandate(
            row,
            get_member(form.served_id.data),
            form.starts_on.data,
            form.ends_on.data,
            actor=current_actor(),
        ),
    )
    if made:
        return done(_("Le mandat est enregistré."), url_for("members.user", user_id=row.id))
    return user_page(row, mandate_form=form)


@blueprint.post("/mandates/<int:mandate_id>/end")
@requires(MEMBERS)
def end_mandate(mandate_id: int) -> ResponseReturnValue:
    """End a mandate at once."""
    mandate = queries.get_mandate(mandate_id)
    row = queries.get_user(mandate.user_id)
    with transaction():
        services.end_mandate(mandate, row, actor=current_actor())
    return done(_("Le mandat est terminé."), url_for("members.user", user_id=row.id))
