"""The sign-in forms: Flask-Security's, with our words and without what we do not offer."""

from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import (
    ChangePasswordForm,
    LoginForm,
    MfRecoveryCodesForm,
    MfRecoveryForm,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
)
from flask_security import (
    ResetPasswordForm as BaseResetPasswordForm,
)
from flask_security.forms import (
    EqualToLocalize,
    IsString,
    email_required,
    password_required,
)
from wtforms import EmailField, PasswordField, RadioField, StringField
from wtforms.validators import DataRequired, Length

from callcenter.core.permissions import Role
from callcenter.members.accounts import User
from callcenter.members.password_rules import MAXIMUM, MINIMUM
from callcenter.settings import Settings
from callcenter.ui.forms import BaseForm
from callcenter.ui.htmx import safe_next

_PRESENT = {"autocomplete": "current-password"}
_NEW = {"autocomplete": "new-password", "minlength": MINIMUM}
_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none"}


def second_factor_required(role: str) -> bool:
    """Say whether the settings demand a second factor of people in ``role``."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.require_totp_for_administrators and role == Role.ADMINISTRATOR


def _present_password(label: Any) -> PasswordField:
    return PasswordField(
        label, validators=[IsString(), password_required, Length(max=MAXIMUM)], render_kw=_PRESENT
    )


def _new_password(label: Any) -> PasswordField:
    return PasswordField(
        label,
        description=_l(
            "Au moins %(count)s caractères ; trois ou quatre mots au hasard valent mieux que des signes.",
            count=MINIMUM,
        ),
        validators=[IsString(), password_required],
        render_kw=_NEW,
    )


def _repeated(label: Any, other: str) -> PasswordField:
    return PasswordField(
        label,
        validators=[
            IsString(),
            EqualToLocalize(other, message="RETYPE_PASSWORD_MISMATCH"),
            password_required,
        ],
        render_kw=_NEW,
    )


class SignInForm(LoginForm):  # type: ignore[misc, unused-ignore]
    """Address and password. No "remember me": desks are shared."""

    email = EmailField(
        _l("Adresse e-mail"),
        validators=[IsString(), email_required, Length(max=254)],
        filters=[lambda value: value.strip().lower() if isinstance(value, str) else value],
        render_kw={"autocomplete": "username"},
    )
    password = _present_password(_l("Mot de passe"))
    remember = None
    submit = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Forget a ``next`` that leads away from this site, instead of refusing the person."""
        super().__init__(*args, **kwargs)
        self.next.data = safe_next(self.next.data, "")


class ConfirmForm(VerifyForm):  # type: ignore[misc, unused-ignore]
    """The password again, before something that matters."""

    password = _present_password(_l("Mot de passe"))
    submit = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Forget a ``next`` that leads away from this site."""
        super().__init__(*args, **kwargs)
        self.next.data = safe_next(self.next.data, "")


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc, unused-ignore]
    """The present password and a new one."""

    password = _present_password(_l("Mot de passe actuel"))
    new_password = _new_password(_l("Nouveau mot de passe"))
    new_password_confirm = _repeated(_l("Nouveau mot de passe, une seconde fois"), "new_password")
    submit = None


class ResetPasswordForm(BaseResetPasswordForm):  # type: ignore[misc, unused-ignore]
    """A new password, for somebody who holds the link."""

    password = _new_password(_l("Nouveau mot de passe"))
    password_confirm = _repeated(_l("Nouveau mot de passe, une seconde fois"), "password")
    submit = None


class ForgottenForm(BaseForm):
    """The address of an account whose password is forgotten."""

    email = EmailField(
        _l("Adresse e-mail"),
        validators=[DataRequired(_l("Indiquez votre adresse e-mail.")), Length(max=254)],
        filters=[lambda value: value.strip().lower() if isinstance(value, str) else value],
        render_kw={"autocomplete": "username"},
    )


class SecondFactorForm(TwoFactorSetupForm):  # type: ignore[misc, unused-ignore]
    """Put an authenticator application in place, or take it away."""

    setup = RadioField(
        choices=["authenticator", "disable"],
        validate_choice=False,
    )
    submit = None

    def validate(self, **kwargs: Any) -> bool:
        """Refuse to take away a second factor that the settings demand."""
        if not super().validate(**kwargs):
            return False
        user = self.user
        if (
            self.setup.data == "disable"
            and isinstance(user, User)
            and second_factor_required(user.role)
        ):
            self.form_errors.append(
                _("Votre compte d'administrateur doit garder la double authentification.")
            )
            return False
        return True


class CodeForm(TwoFactorVerifyCodeForm):  # type: ignore[misc, unused-ignore]
    """The six digits that the authenticator application shows now."""

    code = StringField(
        _l("Code à six chiffres"),
        validators=[DataRequired(_l("Indiquez le code à six chiffres.")), Length(max=20)],
        filters=[lambda value: value.replace(" ", "") if isinstance(value, str) else value],
        render_kw={**_CODE, "pattern": "[0-9 ]*"},
    )
    submit = None


class RescueForm(TwoFactorRescueForm):  # type: ignore[misc, unused-ignore]
    """Flask-Security builds it beside the code's form; the page has a link instead."""

    help_setup = RadioField(choices=["help"])
    submit = None


class RecoveryForm(MfRecoveryForm):  # type: ignore[misc, unused-ignore]
    """One of the recovery codes printed when the second factor was put in place."""

    code = StringField(
        _l("Code de secours"),
        validators=[DataRequired(_l("Indiquez un code de secours.")), Length(max=40)],
        filters=[lambda value: value.strip().lower() if isinstance(value, str) else value],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    submit = None

    def validate(self, **kwargs: Any) -> bool:
        """Tell the audit trail about a wrong code, as for the other factors."""
        good = bool(super().validate(**kwargs))
        if not good and self.user is not None and self.code.data:
            self.user.track_failed_authn("recovery code", True)
        return good


class RecoveryCodesForm(MfRecoveryCodesForm):  # type: ignore[misc, unused-ignore]
    """Show the recovery codes, or make new ones."""

    show_codes = None
    generate_new_codes = None
