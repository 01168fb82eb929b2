"""The keys of telephone exchanges: who may report calls, of whose lines."""

from flask import Blueprint, current_app, flash, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from callcenter.calls.exchanges import issue_key, list_keys, list_owners, revoke_key
from callcenter.core.db import transaction
from callcenter.core.permissions import Permission
from callcenter.ui.access import current_actor, requires
from callcenter.ui.fields import RowSelect, saved, status_of
from callcenter.ui.forms import BaseForm, LineField
from callcenter.ui.htmx import go_to

blueprint = Blueprint("exchanges", __name__)

_SHOWN_ONCE = "exchange_key"  # in the session of whoever made it, until shown once


class KeyForm(BaseForm):
    """A new key: whose lines, and what the exchange is called."""

    owner_id = RowSelect(_l("Lignes"), [DataRequired(_l("Choisissez des lignes."))])
    name = LineField(
        _l("Nom de l'autocommutateur"), [DataRequired(_l("Indiquez un nom."))], max_length=80
    )


def _form() -> KeyForm:
    form = KeyForm()
    form.owner_id.offer(dict(list_owners(current_actor())))
    return form


@blueprint.route("/settings/exchanges", methods=["GET", "POST"])
@requires(Permission.USERS_MANAGE)
def index() -> ResponseReturnValue:
    """List the keys; make one, shown once and never again."""
    actor = current_actor()
    form = _form()
    secret = saved(
        form,
        lambda: issue_key(
            int(form.owner_id.data or 0), form.name.data or "", actor.name, actor.user_id
        ),
    )
    if secret:
        session[_SHOWN_ONCE] = secret
        flash(_("Clé créée : copiez l'adresse, elle ne sera plus montrée."), "success")
        return go_to(url_for("exchanges.index"))
    origin = current_app.config["SETTINGS"].public_origin
    made = session.pop(_SHOWN_ONCE, "") if not form.is_submitted() else ""
    page = render_template(
        "calls/exchanges.html",
        form=form,
        keys=list_keys(actor),
        address=f"{origin}/webhooks/cti/{made}" if made else "",
        webhook=f"{origin}/webhooks/cti",
    )
    return page, status_of(form)


@blueprint.post("/settings/exchanges/<int:pbx_token_id>/revoke")
@requires(Permission.USERS_MANAGE)
def revoke(pbx_token_id: int) -> ResponseReturnValue:
    """Refuse a key from now on."""
    actor = current_actor()
    with transaction():
        revoke_key(pbx_token_id, actor.name, actor.user_id)
    flash(_("Clé révoquée : ce qu'elle annonce est désormais refusé."), "success")
    return go_to(url_for("exchanges.index"))
