"""Forms of accounts and mandates."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, SelectField
from wtforms.validators import DataRequired, Optional, ValidationError

from callcenter.members.forms import SettingsForm
from callcenter.ui.fields import CheckList, EmailLine, RowSelect, number_or_none, options
from callcenter.ui.forms import BaseForm, LineField, PhoneField
from callcenter.ui.i18n import LANGUAGES


class UserForm(SettingsForm):
    """An account: who it is for, and what it opens."""

    FIELDS = ("first_name", "last_name", "email", "phone", "role", "locale")

    first_name = LineField(_l("Prénom"), [DataRequired(_l("Indiquez un prénom."))], max_length=80)
    last_name = LineField(_l("Nom"), [Optional()], max_length=80)
    email = EmailLine(
        _l("Adresse électronique"),
        [DataRequired(_l("Indiquez une adresse : c'est elle qui ouvre le compte."))],
    )
    phone = PhoneField(_l("Téléphone professionnel"), [Optional()])
    role = SelectField(_l("Rôle"))
    locale = SelectField(_l("Langue"), choices=options(LANGUAGES))
    teams = CheckList(_l("Équipes"), coerce=number_or_none)


class MandateForm(BaseForm):
    """Which member a platform account serves, from a day to a day."""

    served_id = RowSelect(_l("Membre"), [DataRequired(_l("Choisissez un membre."))])
    starts_on = DateField(_l("Du"), [DataRequired(_l("Indiquez le premier jour."))])
    ends_on = DateField(
        _l("Au"), [Optional()], description=_l("Dernier jour compris. Vide : sans fin.")
    )

    def validate_ends_on(self, field: Field) -> None:
        """Refuse a mandate that ends before it starts."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("La fin est avant le début."))
