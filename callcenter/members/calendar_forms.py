"""Forms of calendars: a week with several slots a day, and closing days."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Field
from wtforms.utils import unset_value
from wtforms.validators import DataRequired, Optional, ValidationError

from callcenter.core.errors import UserError
from callcenter.members.forms import SettingsForm
from callcenter.members.hours_rules import DAYS, WeeklyHours
from callcenter.ui.forms import BaseForm, LineField

SLOTS = 3  # a day: morning, afternoon, evening
_MIDNIGHT = ("00:00", "24:00")  # the box shows the first, the end of a day is the second


class WeekField(Field):  # type: ignore[misc]
    """The slots of a week, in boxes named ``hours-mon-0-from``; data as ``WeeklyHours`` JSON.

    ``typed`` is what stands in the boxes, right or wrong, so that nothing typed is lost.
    """

    typed: dict[str, list[list[str]]]
    data: dict[str, list[list[str]]]

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the boxes of a sent form, else the row's hours."""
        super().process(None, data, extra_filters)
        if formdata is None or not any(key.startswith(f"{self.name}-") for key in formdata):
            self.data = self.data or {}
            self.typed = {day: _padded(self.data.get(day, [])) for day in DAYS}
            return
        self.typed = {
            day: [
                [formdata.get(f"{self.name}-{day}-{n}-{end}", "")[:5] for end in ("from", "to")]
                for n in range(SLOTS)
            ]
            for day in DAYS
        }
        self.data = {
            day: [[start, _MIDNIGHT[1] if end == _MIDNIGHT[0] else end] for start, end in filled]
            for day, slots in self.typed.items()
            if (filled := [slot for slot in slots if any(slot)])
        }

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - WTForms' signature
        """Say what is wrong with the week as the rules see it."""
        for slots in self.data.values():
            for start, end in slots:
                if not (start and end):
                    raise ValidationError(_("Chaque plage a un début et une fin."))
        try:
            WeeklyHours.from_json(self.data)
        except UserError as error:
            raise ValidationError(error.message) from error


def _padded(slots: list[list[str]]) -> list[list[str]]:
    shown = [[start, _MIDNIGHT[0] if end == _MIDNIGHT[1] else end] for start, end in slots]
    return (shown + [["", ""]] * SLOTS)[:SLOTS]


class CalendarForm(SettingsForm):
    """A calendar: its name and its week."""

    name = LineField(_l("Nom"), [DataRequired(_l("Indiquez un nom."))], max_length=80)
    weekly_hours = WeekField(_l("Heures d'ouverture"))
    public_holidays = BooleanField(_l("Fermé les jours fériés"), default=True)


class ClosingDayForm(BaseForm):
    """One day on which the calendar is closed."""

    day = DateField(_l("Jour"), [DataRequired(_l("Indiquez un jour."))])
    label = LineField(_l("Motif"), [Optional()], max_length=80)
