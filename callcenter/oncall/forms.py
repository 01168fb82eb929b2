"""Forms of rotas: what they cover, who is on the list, shifts and patterns."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, DateTimeLocalField, IntegerField, RadioField, SelectChoice, TimeField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from callcenter.members.calendar_rules import ON_CALL_UNTIL
from callcenter.oncall import words
from callcenter.oncall.states import ContractRule, Turn
from callcenter.ui.fields import CheckList, RowSelect, options
from callcenter.ui.forms import BaseForm, LineField, LongTextField, PhoneField, VersionedForm

_INSTANT = "%Y-%m-%dT%H:%M"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class RotaForm(VersionedForm):
    """A rota: its name, what it covers, how long a person has to answer."""

    FIELDS = (
        "name", "category_codes", "equipment", "acknowledge_minutes", "again_minutes",
        "when_contract", "instructions",
    )  # fmt: skip

    name = LineField(_l("Nom"), [DataRequired(_l("Indiquez un nom."))], max_length=80)
    acknowledge_minutes = IntegerField(
        _l("Minutes pour répondre"),
        [InputRequired(_l("Indiquez un nombre de minutes.")), NumberRange(1, 120)],
        default=10,
        description=_l("Sans réponse dans ce délai, la personne suivante est prévenue."),
    )
    again_minutes = IntegerField(
        _l("Minutes avant un second tour"),
        [Optional(), NumberRange(1, 120)],
        description=_l(
            "Quand personne de la liste n'a répondu, elle est appelée une seconde fois après "
            "cette pause, puis le superviseur. Vide : le superviseur tout de suite."
        ),
    )
    when_contract = RadioField(
        _l("Quand un prestataire présent 24 h sur 24 a déjà la demande"),
        choices=[SelectChoice(str(one), words.CONTRACT_RULES[one]) for one in ContractRule],
        default=ContractRule.AT_ONCE,
    )
    equipment = CheckList(_l("Équipements"))
    category_codes = CheckList(_l("Motifs"))
    instructions = LongTextField(
        _l("Consignes"),
        [Optional()],
        max_length=1000,
        rows=3,
        description=_l("Lues par la personne d'astreinte sur sa page : accès, clés, numéros."),
    )

    def values(self) -> dict[str, Any]:
        """Return the fields' values, as the services take them."""
        return {
            **{name: self[name].data for name in self.FIELDS},
            "instructions": self.instructions.data or "",
        }


class PersonForm(BaseForm):
    """Somebody for the list: an account, or a name and a number."""

    user_id = RowSelect(_l("Compte"))
    name = LineField(_l("Ou nom de la personne, sans compte"), [Optional()], max_length=80)
    firm = LineField(_l("Entreprise"), [Optional()], max_length=80)
    number = PhoneField(
        _l("Mobile d'astreinte"),
        [Optional()],
        description=_l("Vide : le numéro du compte. Une ligne fixe ne reçoit pas de SMS."),
    )


class ShiftForm(BaseForm):
    """One shift: who, from when to when."""

    person_id = RowSelect(_l("Personne"), [DataRequired(_l("Choisissez une personne."))])
    starts_at = DateTimeLocalField(
        _l("Du"), [InputRequired(_l("Indiquez le début."))], format=[_INSTANT, f"{_INSTANT}:%S"]
    )
    ends_at = DateTimeLocalField(
        _l("Au"), [InputRequired(_l("Indiquez la fin."))], format=[_INSTANT, f"{_INSTANT}:%S"]
    )


class PatternForm(BaseForm):
    """A turn that goes round the list."""

    turn = RadioField(
        _l("Tour"),
        choices=[SelectChoice(str(one), words.TURNS[one]) for one in Turn],
        default=Turn.WEEK,
    )
    start_with = RowSelect(_l("En commençant par"))
    first = DateField(_l("Du"), [InputRequired(_l("Indiquez le premier jour."))])
    last = DateField(_l("Au"), [InputRequired(_l("Indiquez le dernier jour."))])
    hand_over = TimeField(
        _l("Heure de relève"), [InputRequired(_l("Indiquez une heure."))], default=ON_CALL_UNTIL
    )


class WeekForm(BaseForm):
    """A model week: the same person on the same weekday."""

    mon = RowSelect(_l("Lundi"))
    tue = RowSelect(_l("Mardi"))
    wed = RowSelect(_l("Mercredi"))
    thu = RowSelect(_l("Jeudi"))
    fri = RowSelect(_l("Vendredi"))
    sat = RowSelect(_l("Samedi"))
    sun = RowSelect(_l("Dimanche"))
    first = DateField(_l("Du"), [InputRequired(_l("Indiquez le premier jour."))])
    last = DateField(_l("Au"), [InputRequired(_l("Indiquez le dernier jour."))])
    hand_over = TimeField(
        _l("Heure de relève"), [InputRequired(_l("Indiquez une heure."))], default=ON_CALL_UNTIL
    )

    @property
    def days(self) -> tuple[Any, ...]:
        """Return the seven fields, Monday first."""
        return tuple(self[name] for name in _WEEKDAYS)

    @property
    def week(self) -> list[int | None]:
        """Return who stands on each weekday, Monday first."""
        return [field.data for field in self.days]


def offer_people(form: BaseForm, people: dict[int, str]) -> None:
    """Offer the list's people wherever the form asks for one."""
    for field in form:
        if isinstance(field, RowSelect):
            blank = _l("Choisissez") if field.name.endswith("person_id") else "—"
            field.choices = options(people, blank)
