"""Forms of the ledger's settings."""

from collections.abc import Mapping
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, DecimalField, IntegerField, SelectChoice, SelectField
from wtforms.validators import InputRequired, NumberRange

from callcenter.ui.forms import BaseForm

EVERYBODY = 0

_DATE = _l("Donnez un jour, par exemple 01/01/2027.")
_PRICE = _l("Donnez un prix en euros, par exemple 0,0725.")
_DEAREST = 10


class _CommaDecimalField(DecimalField):  # type: ignore[misc]
    """A number as the French write it: with a comma (a point does too)."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it; what is no number is an error in words, and stays as it was typed."""
        typed = [value.strip().removesuffix("€").strip().replace(",", ".") for value in valuelist]
        try:
            super().process_formdata(typed)
        except ValueError:
            raise ValueError(str(_PRICE)) from None
        number: Decimal | None = getattr(self, "data", None)
        if number is not None and not number.is_finite():
            self.data: Decimal | None = None
            raise ValueError(str(_PRICE))

    def _value(self) -> str:
        shown = super()._value()
        return str(self.raw_data[0]) if self.raw_data else str(shown).replace(".", ",")


class _ForMembers(BaseForm):
    """A form about one member or all of them."""

    member = SelectField(_l("Pour"), coerce=int)

    def offer(self, members: Mapping[int, str]) -> None:
        """Name the members that can be chosen."""
        self.member.choices = [
            SelectChoice(EVERYBODY, _("Tous les membres")),
            *(SelectChoice(number, name) for number, name in members.items()),
        ]


class TariffForm(_ForMembers):
    """A price from a day on."""

    valid_from = DateField(_l("À partir du"), [InputRequired(_DATE)])
    price = _CommaDecimalField(
        _l("Prix d'un segment, en euros hors taxes"),
        [
            InputRequired(_PRICE),
            NumberRange(0, _DEAREST, _l("Un prix va de 0 à 10 euros.")),
        ],
        places=5,
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )


class ThresholdsForm(_ForMembers):
    """When a falling delivered share is worth an alert."""

    window_hours = IntegerField(_l("Heures observées"), [NumberRange(1, 168)])
    usual_days = IntegerField(_l("Jours de comparaison"), [NumberRange(1, 90)])
    fall_points = IntegerField(_l("Baisse, en points de pourcentage"), [NumberRange(1, 100)])
    least_messages = IntegerField(_l("Messages au moins"), [NumberRange(1, 100_000)])
