"""Flask-Security on our accounts: what it is told, and the few parts we put in its place.

It runs its own forms and commits its own changes: its pages are an edge of their own
(``security_views``), under a scope that shows accounts and nothing else.
"""

import base64
import hashlib
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import segno
from flask import Flask, g, request
from flask_limiter import Limiter
from flask_security import (
    MailUtil,
    PasswordUtil,
    RoleMixin,
    Security,
    SQLAlchemyUserDatastore,
    Totp,
)
from sqlalchemy import func, select

from callcenter.core import clock
from callcenter.core.db import db
from callcenter.members import security_forms as forms
from callcenter.members import security_notes as notes
from callcenter.members.accounts import User
from callcenter.members.password_messages import fault_message
from callcenter.members.password_rules import MINIMUM, password_fault
from callcenter.members.security_mail import send
from callcenter.members.security_messages import MESSAGES, SUBJECTS
from callcenter.members.throttle import first_use
from callcenter.settings import Environment, Settings, derive_secret

log = logging.getLogger(__name__)

BLUEPRINT = "security"
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
CODE_SECONDS = 30


class Accounts(SQLAlchemyUserDatastore):  # type: ignore[misc, unused-ignore]
    """Our accounts as Flask-Security sees them: one role in a column, no table of roles."""

    def __init__(self) -> None:
        """Store accounts in ``user_account``."""
        super().__init__(db, User, RoleMixin)

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> User | None:  # noqa: FBT001, FBT002
        """Return the account whose one given column has that value, if the scope shows it."""
        ((name, value),) = kwargs.items()
        column = getattr(User, name)
        if case_insensitive:
            column, value = func.lower(column), str(value).lower()
        found: User | None = db.session.scalar(
            select(User).where(column == value).order_by(User.id).limit(1)
        )
        return found

    def tf_reset(self, user: Any) -> None:
        """Remove the second factor, and the recovery codes that stand in for it."""
        user.mf_recovery_codes = None
        super().tf_reset(user)

    def mf_set_recovery_codes(self, user: Any, rcs: list[str] | None) -> None:
        """Keep new recovery codes; the former ones no longer open anything."""
        super().mf_set_recovery_codes(user, rcs)
        notes.note(user, "account.recovery_codes_made")

    def mf_delete_recovery_code(self, user: Any, idx: int) -> bool:
        """Use up a recovery code. A new list: a change inside a JSON column is not seen."""
        codes = list(user.mf_recovery_codes or ())
        if not 0 <= idx < len(codes):
            return False
        del codes[idx]
        user.mf_recovery_codes = codes
        notes.note(user, "account.recovery_code_used")
        return True


class Passwords(PasswordUtil):  # type: ignore[misc, unused-ignore]
    """Our rules for new passwords (``password_rules``)."""

    def validate(
        self,
        password: str,
        is_register: bool,  # noqa: ARG002, FBT001 - Flask-Security's signature
        **kwargs: Any,
    ) -> tuple[list[str] | None, str]:
        """Return what is wrong (or ``None``) and the password in its normal form."""
        normal = self.normalize(password)
        user = kwargs.get("user")
        about = (user.email, user.first_name, user.last_name) if user else ()
        fault = password_fault(normal, about)
        return ([fault_message(fault)] if fault else None), normal


class Letters(MailUtil):  # type: ignore[misc, unused-ignore]
    """E-mail through the SMTP settings, and addresses taken as they are."""

    def send_mail(
        self,
        template: str,  # noqa: ARG002 - Flask-Security's signature, as all that follow
        subject: str,
        recipient: str | tuple[str, str],
        sender: Any,  # noqa: ARG002
        body: str | None,
        html: str | None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Send a plain-text letter, out of the request's way."""
        address = recipient if isinstance(recipient, str) else recipient[1]
        send(address, str(subject), body or "")

    def normalize(self, email: str) -> str:
        """Return the address as accounts keep it."""
        return email.strip().lower()

    def validate(self, email: str) -> str:
        """Return the address as accounts keep it; whether it answers is seen when we write."""
        return self.normalize(email)


class OneTimeCodes(Totp):  # type: ignore[misc, unused-ignore]
    """Codes of an authenticator application: each is used once, its picture is drawn by segno."""

    limiter: Limiter

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Say whether ``token`` is the present code (or its neighbour) and was not used before."""
        try:
            good = super().verify_totp(
                str(token).replace(" ", ""), totp_secret, user, window=window
            )
        except (ValueError, TypeError):
            log.exception("the second factor of account %s can't be read", user.id)
            return False
        return bool(good) and first_use(self.limiter, f"totp:{user.id}:{token}", 4 * CODE_SECONDS)

    def generate_qrcode(self, username: str, totp: str) -> str:
        """Return the QR code as a picture that stands in the page itself."""
        code = segno.make(self.get_totp_uri(username, totp), error="m", micro=False)
        picture: str = code.svg_data_uri(scale=5, border=3, dark="#000", light="#fff")
        return picture


class OurSecurity(Security):  # type: ignore[misc, unused-ignore]
    """Flask-Security without the ``qrcode`` package: ``OneTimeCodes`` draws with segno."""

    def _check_modules(self, module: str, config_name: str) -> object:
        return module == "qrcode" or super()._check_modules(  # type: ignore[no-untyped-call]
            module, config_name
        )


class _SignedIn:
    """Whom Flask-Login sees outside the sign-in pages: nothing is loaded for it."""

    is_authenticated = True
    is_active = True
    is_anonymous = False


def init_app(app: Flask, settings: Settings, limiter: Limiter) -> OurSecurity:
    """Start Flask-Security on ``app``, without its blueprint: ``security_views`` has our own."""
    app.config.update(_configuration(settings))
    security = OurSecurity(
        totp_cls=OneTimeCodes,
        password_util_cls=Passwords,
        mail_util_cls=Letters,
        login_form=forms.SignInForm,
        verify_form=forms.ConfirmForm,
        change_password_form=forms.NewPasswordForm,
        reset_password_form=forms.ResetPasswordForm,
        two_factor_setup_form=forms.SecondFactorForm,
        two_factor_verify_code_form=forms.CodeForm,
        two_factor_rescue_form=forms.RescueForm,
        mf_recovery_form=forms.RecoveryForm,
        mf_recovery_codes_form=forms.RecoveryCodesForm,
    )
    security.init_app(app, Accounts(), register_blueprint=False)
    codes = security.totp_factory
    if not isinstance(codes, OneTimeCodes):  # pragma: no cover - told so above
        raise TypeError(codes)
    codes.limiter = limiter
    security.want_json(lambda _request: False)
    # It would load the account on every request, whatever the page.
    security.principal.identity_loaders.clear()
    _load_accounts_on_own_pages_only(security)
    notes.listen(app)
    return security


def _load_accounts_on_own_pages_only(security: OurSecurity) -> None:
    """Have Flask-Login load an account where Flask-Security needs one; elsewhere ``g.actor``."""
    manager = security.login_manager
    load_account = manager._user_callback  # noqa: SLF001 - the loader that it was given

    @manager.user_loader  # type: ignore[untyped-decorator, unused-ignore]
    def load(uniquifier: str) -> object | None:
        if request.blueprint == BLUEPRINT:
            account: object | None = load_account(uniquifier)
            return account
        return _SignedIn() if g.get("actor") else None

    manager.request_loader(lambda _request: None)


def _configuration(settings: Settings) -> dict[str, Any]:
    key = settings.secret_key.get_secret_value()
    light = settings.environment is Environment.TEST
    configuration: dict[str, Any] = {
        "API_ENABLED_METHODS": ["session"],
        "CACHE_CONTROL": None,
        "CHANGEABLE": True,
        "CLI_ROLES_NAME": None,
        "CLI_USERS_NAME": None,
        "DATETIME_FACTORY": clock.now,
        "EMAIL_HTML": False,
        "FRESHNESS": timedelta(minutes=30),
        "FRESHNESS_GRACE_PERIOD": timedelta(minutes=15),
        "I18N_DIRNAME": str(TRANSLATIONS),
        "I18N_DOMAIN": "messages",
        "JOIN_USER_ROLES": False,
        "LOGOUT_METHODS": ["POST"],
        "MULTI_FACTOR_RECOVERY_CODES": True,
        "MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": [_fernet_key(key)],
        # Argon2id by OWASP's figures: 19 MiB, two passes. No secret of ours goes into it, so
        # that a new SECRET_KEY locks nobody out of a password.
        "PASSWORD_HASH": "argon2",
        "PASSWORD_SCHEMES": ["argon2"],
        "PASSWORD_SINGLE_HASH": ["argon2"],
        "PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__memory_cost": 64 if light else 19_456,
            "argon2__time_cost": 1 if light else 2,
            "argon2__parallelism": 1,
        },
        "PASSWORD_LENGTH_MIN": MINIMUM,
        "POST_CHANGE_VIEW": "account.index",
        "POST_LOGIN_VIEW": "/",
        "POST_LOGOUT_VIEW": "security.login",
        "POST_RESET_VIEW": "security.login",
        "RESET_PASSWORD_WITHIN": timedelta(hours=24),
        "RETURN_GENERIC_RESPONSES": True,
        "SEND_PASSWORD_CHANGE_EMAIL": bool(settings.smtp_host),
        "SEND_PASSWORD_RESET_NOTICE_EMAIL": bool(settings.smtp_host),
        "TOTP_ISSUER": "Coo.Pairs",
        "TOTP_SECRETS": {"1": derive_secret(key, "totp")},
        "TRACKABLE": True,
        "TWO_FACTOR": True,
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": CODE_SECONDS,
        "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "TWO_FACTOR_POST_SETUP_VIEW": "account.index",
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": "security/mail/changed",
        "EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": "security/mail/changed",
        "LOGIN_USER_TEMPLATE": "security/sign_in.html",
        "VERIFY_TEMPLATE": "security/confirm.html",
        "CHANGE_PASSWORD_TEMPLATE": "security/change_password.html",
        "RESET_PASSWORD_TEMPLATE": "security/reset_password.html",
        "TWO_FACTOR_SETUP_TEMPLATE": "security/second_factor.html",
        "TWO_FACTOR_VERIFY_CODE_TEMPLATE": "security/code.html",
        "MULTI_FACTOR_RECOVERY_TEMPLATE": "security/recovery.html",
        "MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "security/recovery_codes.html",
        **{f"MSG_{name}": message for name, message in MESSAGES.items()},
        **{f"EMAIL_SUBJECT_{name}": subject for name, subject in SUBJECTS.items()},
    }
    return {f"SECURITY_{name}": value for name, value in configuration.items()}


def _fernet_key(key: str) -> bytes:
    digest = hashlib.sha256(derive_secret(key, "recovery-codes").encode()).digest()
    return base64.urlsafe_b64encode(digest)
