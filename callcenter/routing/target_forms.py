"""Forms of a member's promises: the whole table, one exception."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form, IntegerField, SelectField
from wtforms.utils import unset_value
from wtforms.validators import DataRequired, InputRequired, NumberRange, ValidationError

from callcenter.members.clock_rules import Target, TargetUnit
from callcenter.routing import screen_words as words
from callcenter.routing.states import Priority, Stage
from callcenter.routing.target_services import WITH_CALENDAR, Place, TargetTable
from callcenter.ui.fields import RowSelect, options
from callcenter.ui.forms import BaseForm, VersionedForm
from callcenter.ui.words import PRIORITY_WORDS

UNITS = tuple(one for one in TargetUnit if one is not TargetUnit.SAME_CALL)
MOST = 1000


class TargetField(Field):  # type: ignore[misc]
    """A delay in two boxes, ``<name>-amount`` and ``<name>-unit``; data is a Target or None.

    ``typed`` is what stands in the boxes, right or wrong, so that nothing typed is lost.
    """

    typed: tuple[str, str]
    data: Target | None

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Read the boxes of a sent form, else the target that is shown."""
        super().process(None, data, extra_filters)
        if formdata is None or f"{self.name}-amount" not in formdata:
            shown = self.data if isinstance(self.data, Target) else None
            self.data = shown
            self.typed = (str(shown.amount), str(shown.unit)) if shown else ("", "")
            return
        amount = formdata.get(f"{self.name}-amount", "").strip()[:6]
        self.typed = (amount, formdata.get(f"{self.name}-unit", "")[:20])
        self.data = self._read()

    def _read(self) -> Target | None:
        amount, unit = self.typed
        right = amount.isascii() and amount.isdigit() and 0 < int(amount) <= MOST
        return Target(int(amount), TargetUnit(unit)) if right and unit in UNITS else None

    def pre_validate(self, form: Form) -> None:  # noqa: ARG002 - WTForms' signature
        """Refuse half a delay, and numbers that make none."""
        if self.typed[0] and self.data is None:
            raise ValidationError(
                _("Un nombre de 1 à %(most)s, et son unité ; vide pour aucun délai.", most=MOST)
            )


def field_name(place: Place) -> str:
    """Return the name of the field of one place of the table."""
    return f"{place[0]}_{place[1]}"


class _TableForm(VersionedForm):
    """Base of the table's form; the fields are added below, one for each place."""

    def targets(self) -> dict[Place, Target | None]:
        """Return the table that was sent."""
        return {
            (stage, priority): self[field_name((stage, priority))].data
            for stage in Stage
            for priority in Priority
        }

    def calendars(self) -> dict[Stage, int | None]:
        """Return the calendar of each stage that may have one of its own."""
        return {stage: self[f"calendar_{stage}"].data for stage in WITH_CALENDAR}

    def offer(self, calendars: dict[int, str]) -> None:
        """Offer these calendars."""
        for stage in WITH_CALENDAR:
            self[f"calendar_{stage}"].offer(calendars, _("Calendrier principal"))

    def show(self, table: TargetTable) -> None:
        """Put the member's table in the boxes; nothing on a form that was sent."""
        self.version.data = table.version
        for place, target in table.targets.items():
            self[field_name(place)].process(None, target)
        for stage in WITH_CALENDAR:
            self[f"calendar_{stage}"].data = table.calendars.get(stage)


TableForm: Any = type(
    "TableForm",
    (_TableForm,),
    {
        field_name((stage, priority)): TargetField(PRIORITY_WORDS[priority])
        for stage in Stage
        for priority in Priority
    }
    | {f"calendar_{stage}": RowSelect(_l("Compté sur")) for stage in WITH_CALENDAR},
)


class ExceptionForm(BaseForm):
    """What one category promises apart."""

    category_id = RowSelect(_l("Motif"), [DataRequired(_l("Choisissez un motif."))])
    stage = SelectField(_l("Promesse"), choices=options(words.STAGES))
    priority = SelectField(_l("À la priorité"), choices=options(PRIORITY_WORDS))
    target = TargetField(_l("Délai"))


class WatchForm(BaseForm):
    """When the watch calls somebody."""

    silent_days = IntegerField(
        _l("Sans nouvelles après"),
        [InputRequired(_l("Indiquez un nombre.")), NumberRange(1, 60, _l("Entre 1 et 60."))],
        description=_l(
            "Jours ouvrés sans rien dire au locataire. Il reçoit alors, une fois, « nous ne vous "
            "oublions pas »."
        ),
    )
    hold_days = IntegerField(
        _l("Attente trop longue après"),
        [InputRequired(_l("Indiquez un nombre.")), NumberRange(1, 60, _l("Entre 1 et 60."))],
        description=_l("Jours ouvrés de pause."),
    )
