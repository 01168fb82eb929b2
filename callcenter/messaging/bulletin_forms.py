"""The form of a bulletin: what is said, to which buildings, at once or not."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectMultipleField
from wtforms.validators import DataRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from callcenter.messaging.bulletins import WORD_MAX
from callcenter.ui.forms import BaseForm, LongTextField


class BulletinForm(BaseForm):
    """One urgent word. ``people`` are chosen on the page that shows them, by their numbers."""

    buildings = SelectMultipleField(
        _l("Bâtiments"),
        [Optional()],
        coerce=int,
        choices=[],
        description=_l("Rien de coché : toute la résidence."),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    word = LongTextField(
        _l("Ce que vous dites aux habitants"),
        [DataRequired(_l("Écrivez ce que vous dites aux habitants."))],
        max_length=WORD_MAX,
        rows=3,
        description=_l("Ce qui arrive, ce qu'ils doivent faire, jusqu'à quand."),
    )
    word_en = LongTextField(
        _l("Le même en anglais, pour ceux qui l'ont choisi"),
        [Optional()],
        max_length=WORD_MAX,
        rows=2,
    )
    urgent = BooleanField(_l("Urgence : part tout de suite, même la nuit et le dimanche"))
