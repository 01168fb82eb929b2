"""The form of a member's follow-ups: three limits, then a switch and a delay for each kind."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from callcenter.messaging.follow_up_rules import DEFAULTS, WITHOUT_DELAY, Choice, Policy
from callcenter.messaging.states import Trigger
from callcenter.messaging.words import TRIGGERS
from callcenter.ui.forms import VersionedForm

DELAYS: Final = {
    0: _l("tout de suite"),
    5: _l("après 5 minutes"),
    15: _l("après 15 minutes"),
    30: _l("après 30 minutes"),
    60: _l("après 1 heure"),
    120: _l("après 2 heures"),
    240: _l("après 4 heures"),
    1440: _l("après 1 jour"),
    2880: _l("après 2 jours"),
    10080: _l("après 7 jours"),
}


def _between(low: int, high: int) -> list[Any]:
    return [
        InputRequired(_l("Indiquez un nombre.")),
        NumberRange(low, high, _l("Un nombre de %(min)s à %(max)s.")),
    ]


class FollowUpsForm(VersionedForm):
    """What a member sends. Fields named ``on_…`` and ``after_…`` are made for each trigger."""

    max_per_day = IntegerField(
        _l("SMS par jour à un même numéro, au plus"),
        _between(1, 20),
        description=_l("Les urgences partent toujours."),
    )
    reminder_hour = IntegerField(
        _l("Heure du rappel, la veille d'une visite"),
        _between(8, 19),
        description=_l("Jamais un dimanche ni un jour férié : le rappel part la veille ouverte."),
    )
    warn_hours = IntegerField(
        _l("Avertir avant l'échéance (heures)"),
        _between(1, 72),
        description=_l("Pour « Délai bientôt dépassé », s'il est envoyé."),
    )

    @classmethod
    def of(cls, choices: dict[Trigger, Choice], policy: Policy, version: int) -> "FollowUpsForm":
        """Return the form as a member's choices fill it in, unless it comes back from a page."""
        given: dict[str, Any] = {
            "max_per_day": policy.max_per_day,
            "reminder_hour": policy.reminder_hour,
            "warn_hours": policy.warn_hours,
            "version": version,
        }
        for trigger, choice in choices.items():
            given[f"on_{trigger}"] = choice.active
            given[f"after_{trigger}"] = str(choice.delay_minutes)
        form = cls(data=given)
        for trigger, choice in choices.items():
            # A delay that was set otherwise stays among the choices.
            field = form.delay_of(trigger)
            if field is not None and choice.delay_minutes not in DELAYS:
                words = _l("après %(count)s minutes", count=choice.delay_minutes)
                field.choices = [*field.choices, SelectChoice(str(choice.delay_minutes), words)]
        return form

    def switch_of(self, trigger: Trigger) -> BooleanField:
        """Return the box that says whether this is sent."""
        return self[f"on_{trigger}"]

    def delay_of(self, trigger: Trigger) -> SelectField | None:
        """Return the list of delays, or None for what leaves at an hour of its own."""
        return None if trigger in WITHOUT_DELAY else self[f"after_{trigger}"]

    def choices(self) -> dict[Trigger, Choice]:
        """Return what was chosen."""
        found = {}
        for trigger in DEFAULTS:
            delay = self.delay_of(trigger)
            minutes = int(delay.data) if delay is not None else 0
            found[trigger] = Choice(bool(self.switch_of(trigger).data), minutes)
        return found

    def policy(self) -> Policy:
        """Return the limits."""
        return Policy(self.max_per_day.data, self.reminder_hour.data, self.warn_hours.data)


for _trigger in DEFAULTS:
    setattr(FollowUpsForm, f"on_{_trigger}", BooleanField(TRIGGERS[_trigger]))
    if _trigger not in WITHOUT_DELAY:
        setattr(
            FollowUpsForm,
            f"after_{_trigger}",
            SelectField(
                TRIGGERS[_trigger],
                choices=[SelectChoice(str(minutes), word) for minutes, word in DELAYS.items()],
            ),
        )
