"""One's own account, and the first page after sign-in."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from callcenter.core.db import transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.members import account_services as services
from callcenter.members.account_forms import AccountForm
from callcenter.ui.access import current_actor, requires
from callcenter.ui.i18n import COOKIE
from callcenter.ui.navigation import menu

blueprint = Blueprint("account", __name__)

# The first of these that the role may use, and that exists, is where its day begins.
_FIRST_PAGES = (
    (Permission.DESK_USE, "calls.desk"),
    (Permission.TICKETS_READ, "tickets.index"),
    (Permission.MEMBERS_MANAGE, "members.index"),
)


@blueprint.get("/")
@requires(Permission.ACCOUNT_OWN)
def home() -> ResponseReturnValue:
    """Lead to the page where this person's day begins."""
    for permission, endpoint in _FIRST_PAGES:
        if current_actor().may(permission) and endpoint in current_app.view_functions:
            return redirect(url_for(endpoint))
    sections = menu()
    return redirect(sections[0].links[0].url if sections else url_for("account.index"))


@blueprint.route("/account", methods=["GET", "POST"])
@requires(Permission.ACCOUNT_OWN)
def index() -> ResponseReturnValue:
    """Show and change one's own details, password, second factor and sessions."""
    actor = current_actor()
    user = services.get_account(actor.user_id)
    form = AccountForm(obj=user)
    if form.validate_on_submit():
        try:
            with transaction():
                services.save_own_details(
                    actor,
                    first_name=form.first_name.data or "",
                    last_name=form.last_name.data or "",
                    phone=form.phone.data or "",
                    locale=form.locale.data,
                    version=form.seen_version,
                )
        except UserError as error:
            form.add_error(error.field, error.message)
            form.version.data = services.get_account(actor.user_id).version
        else:
            flash(_("Votre compte est à jour."), "success")
            response = redirect(url_for("account.index"), code=303)
            response.delete_cookie(COOKIE)  # it would go before the choice just made
            return response
    page = render_template("members/account.html", form=form, user=user)
    return page, (422 if form.errors or form.form_errors else 200)


@blueprint.post("/account/sign-out-elsewhere")
@requires(Permission.ACCOUNT_OWN)
def sign_out_elsewhere() -> ResponseReturnValue:
    """Close every session of this account but the one that asks."""
    actor = current_actor()
    with transaction():
        user = services.get_account(actor.user_id)
        services.end_sessions(user, actor_id=actor.user_id, actor_label=actor.name)
    session["_user_id"] = user.fs_uniquifier
    g.pop("_login_user", None)
    flash(_("Vos autres sessions sont fermées."), "success")
    return redirect(url_for("account.index"), code=303)
