"""Forms of flags on places."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from callcenter.core import clock
from callcenter.estate.flag_rules import proposed_end
from callcenter.estate.flag_services import NewFlag
from callcenter.estate.flag_words import FLAG_GROUNDS, FLAG_KINDS, FLAG_MEASURES
from callcenter.estate.states import FlagKind
from callcenter.ui.fields import options
from callcenter.ui.forms import BaseForm, LineField

_NOTE_MAX = 160
_HALF_A_YEAR = timedelta(days=182)


class FlagForm(BaseForm):
    """One more flag on a place."""

    kind = SelectField(_l("Nature"))
    measure = SelectField(
        _l("Ce qu'il faut faire"),
        [Optional()],
        choices=options(FLAG_MEASURES, blank="—"),
        description=_l("Pour une personne à ménager : jamais sa maladie ni son histoire."),
    )
    ground = SelectField(
        _l("Noté à quel titre"), [Optional()], choices=options(FLAG_GROUNDS, blank="—")
    )
    note = LineField(
        _l("Objet et motif"),
        [Optional()],
        max_length=_NOTE_MAX,
        description=_l("Pour des travaux ou une procédure : des faits, rien d'autre."),
    )
    starts_on = DateField(_l("Du"), [InputRequired(_l("Indiquez le premier jour."))])
    ends_on = DateField(_l("Au"), [InputRequired(_l("Indiquez le dernier jour."))])

    def offer(self, kinds: Collection[FlagKind]) -> None:
        """Offer the kinds that the person may write, and half a year or less."""
        self.kind.choices = options({k: w for k, w in FLAG_KINDS.items() if k in kinds})
        if not self.is_submitted():
            today = clock.today()
            self.starts_on.data = today
            self.ends_on.data = proposed_end(FlagKind.WORKS, today)

    def told(self) -> NewFlag:
        """Return what was written."""
        return NewFlag(
            kind=FlagKind(self.kind.data),
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            form_token=self.form_token.data,
            measure=self.measure.data or "",
            ground=self.ground.data or "",
            note=self.note.data or "",
        )


class FlagEndForm(BaseForm):
    """Another last day of a flag."""

    ends_on = DateField(
        _l("Nouveau dernier jour"), [InputRequired(_l("Indiquez le dernier jour."))]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Propose half a year from today."""
        super().__init__(*args, **kwargs)
        if not self.is_submitted():
            self.ends_on.data = clock.today() + _HALF_A_YEAR
