"""Forms of the messaging room."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from callcenter.messaging.text import MAX_BODY_LENGTH
from callcenter.ui.forms import LongTextField, VersionedForm


class TemplateForm(VersionedForm):
    """The words of one follow-up."""

    body = LongTextField(
        _l("Texte du message"),
        [DataRequired(_l("Écrivez le texte du message."))],
        max_length=MAX_BODY_LENGTH,
        rows=6,
    )
