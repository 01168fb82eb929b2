"""The pages of sign-in. Flask-Security's views, at our addresses, and no other one of its.

Its views commit by themselves, so they are an edge. Before somebody is known they run under
the sign-in scope, which shows accounts and nothing else; afterwards under the actor's own.
"""

import logging
from functools import partial

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from flask_security import tf_profile_changed
from flask_security import views as library
from flask_security.recoverable import generate_reset_password_token
from flask_security.recovery_codes import mf_recovery, mf_recovery_codes
from flask_security.tf_plugin import tf_clean_session
from flask_security.utils import check_and_get_token_status, get_message

from callcenter.core.db import db, session_scope, transaction
from callcenter.core.isolation import Scope, enter_scope
from callcenter.core.permissions import Permission
from callcenter.members import throttle
from callcenter.members.accounts import User
from callcenter.members.security_forms import CodeForm, ForgottenForm, SecondFactorForm
from callcenter.members.security_mail import in_background, send
from callcenter.members.security_notes import write_notes
from callcenter.members.sign_in import find_account
from callcenter.settings import Environment, Settings
from callcenter.ui.access import public, requires

log = logging.getLogger(__name__)

OWN = Permission.ACCOUNT_OWN


def make_blueprint(limiter: Limiter) -> Blueprint:
    """Return the sign-in pages, their POSTs limited by ``limiter``."""
    blueprint = Blueprint("security", __name__)
    blueprint.before_request(_enter_own_scope)
    blueprint.after_request(write_notes)
    limit = partial(throttle.guard, limiter)

    sign_in = limit(library.login, throttle.PER_ADDRESS, get_remote_address)
    sign_in = limit(sign_in, throttle.PER_ACCOUNT, throttle.account_typed)
    sign_in = limit(sign_in, throttle.PER_ADDRESS_AND_ACCOUNT, throttle.account_and_address)
    forgotten = limit(
        forgotten_password, throttle.RESET_PER_ADDRESS, get_remote_address, failures=False
    )
    forgotten = limit(forgotten, throttle.RESET_PER_ACCOUNT, throttle.account_typed, failures=False)
    code = limit(library.two_factor_token_validation, throttle.CODES, throttle.pending_account)
    recovery = limit(mf_recovery, throttle.CODES, throttle.pending_account)
    confirm = limit(library.verify, throttle.CONFIRMATIONS, throttle.own_account)
    change = limit(library.change_password, throttle.CONFIRMATIONS, throttle.own_account)

    both, post = ("GET", "POST"), ("POST",)
    pages: tuple[tuple[str, str, throttle.View, tuple[str, ...]], ...] = (
        ("/sign-in", "login", public(sign_in), both),
        ("/sign-in/code", "two_factor_token_validation", public(code), both),
        ("/sign-in/recovery-code", "mf_recovery", public(recovery), both),
        ("/sign-in/lost-phone", "two_factor_rescue", public(lost_phone), ("GET",)),
        ("/sign-out", "logout", public(_own(library.logout)), post),
        ("/forgotten-password", "forgot_password", public(forgotten), both),
        ("/forgotten-password/<token>", "reset_password", public(_own(library.reset_password)), both),
        ("/account/confirm", "verify", requires(OWN)(confirm), both),
        ("/account/password", "change_password", requires(OWN)(change), both),
        ("/account/second-factor", "two_factor_setup", requires(OWN)(_own(library.two_factor_setup)), both),
        ("/account/second-factor/<token>", "two_factor_setup_validate", requires(OWN)(finish_second_factor), post),
        ("/account/recovery-codes", "mf_recovery_codes", requires(OWN)(_own(mf_recovery_codes)), both),
    )  # fmt: skip
    for rule, endpoint, view, methods in pages:
        blueprint.add_url_rule(rule, endpoint, view, methods=methods)
    return blueprint


def _own(view: throttle.View) -> throttle.View:
    """Return a function of our own around a library's view, so that our mark stays off theirs."""

    def page(**values: str) -> ResponseReturnValue:
        return view(**values)

    return page


def _enter_own_scope() -> None:
    """Show accounts alone while nobody is known; a signed-in person keeps the own scope."""
    if request.is_json:
        abort(400)
    if g.get("actor") is None:
        db.session.remove()
        enter_scope(Scope(signing_in=True))


def lost_phone() -> ResponseReturnValue:
    """Tell somebody without the telephone that makes codes what to do."""
    return render_template("security/lost_phone.html")


def forgotten_password() -> ResponseReturnValue:
    """Send a link to choose a new password; the answer is the same for an unknown address."""
    settings: Settings = current_app.config["SETTINGS"]
    form = ForgottenForm()
    possible = bool(settings.smtp_host) or settings.environment is not Environment.PRODUCTION
    if possible and form.validate_on_submit():
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        address = form.email.data or ""
        in_background(app, lambda: _send_link(app, address))
        flash(
            _(
                "Si un compte existe à cette adresse, un message avec un lien vient de partir. "
                "Il vaut 24 heures."
            ),
            "success",
        )
        return redirect(url_for("security.login"), code=303)
    return render_template("security/forgotten.html", form=form, possible=possible)


def _send_link(app: Flask, address: str) -> None:
    with session_scope(Scope(signing_in=True)):
        user = find_account(address)
        if user is None or not user.active:
            return
        link = reset_link(app, user)
        with app.test_request_context(headers={"Accept-Language": user.locale}):
            body = render_template("security/mail/forgotten.txt", user=user, link=link)
            send(user.email, _("Choisir un nouveau mot de passe"), body)


def reset_link(app: Flask, user: User) -> str:
    """Return the address where ``user`` chooses a password: good for a day, and once.

    The origin is the configured one, never the request's ``Host``, which a stranger chooses.
    """
    settings: Settings = app.config["SETTINGS"]
    with app.test_request_context():
        token = generate_reset_password_token(user)  # type: ignore[no-untyped-call]
        return settings.public_origin + url_for("security.reset_password", token=token)


def finish_second_factor(token: str) -> ResponseReturnValue:
    """Keep the second factor once its first code is right; a wrong one can be tried again.

    Flask-Security's own view throws the QR code away after one wrong digit.
    """
    security = current_app.extensions["security"]
    within = current_app.config["SECURITY_TWO_FACTOR_SETUP_WITHIN"]
    expired, invalid, state = check_and_get_token_status(token, "tf_setup", within)
    if expired or invalid:
        flash(_("La mise en place a trop attendu. Recommencez."), "error")
        return redirect(url_for("security.two_factor_setup"), code=303)
    user: User = current_user._get_current_object()  # noqa: SLF001 - the account itself
    secret = state["totp_secret"]
    form = CodeForm()
    form.user, form.is_setup = user, True
    form.tf_totp_secret, form.primary_method = secret, state["method"]
    if form.validate_on_submit():
        tf_clean_session()  # type: ignore[no-untyped-call]
        with transaction():
            security.datastore.tf_set(user, state["method"], secret, None)
        tf_profile_changed.send(
            current_app._get_current_object(),  # type: ignore[attr-defined]  # noqa: SLF001
            user=user,
            method=state["method"],
        )
        flash(*get_message("TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL"))
        return redirect(url_for("account.index"), code=303)
    values = security.totp_factory.fetch_setup_values(secret, user)
    return render_template(
        "security/second_factor.html",
        two_factor_setup_form=SecondFactorForm(formdata=None),
        two_factor_verify_code_form=form,
        chosen_method=state["method"],
        state_token=token,
        authr_qrcode=values["image"],
        authr_key=values["key"],
    )
