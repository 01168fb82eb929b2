"""The form of one's own account."""

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import DataRequired, Optional

from callcenter.ui.forms import LineField, PhoneField, VersionedForm
from callcenter.ui.i18n import LANGUAGES


class AccountForm(VersionedForm):
    """What a person may change about the own account without asking anybody."""

    first_name = LineField(
        _l("Prénom"),
        [DataRequired(_l("Indiquez votre prénom."))],
        max_length=80,
        render_kw={"autocomplete": "given-name"},
    )
    last_name = LineField(
        _l("Nom"), [Optional()], max_length=80, render_kw={"autocomplete": "family-name"}
    )
    phone = PhoneField(_l("Téléphone professionnel"), [Optional()])
    locale = SelectField(_l("Langue"), choices=LANGUAGES)
