"""The desk's form: clean values whatever was typed, errors beside their field."""

from collections.abc import Mapping

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField
from wtforms.validators import Optional

from callcenter.calls.desk import ANSWER_PREFIX
from callcenter.calls.states import CallerKind, Direction
from callcenter.calls.words import DISPOSITIONS, WITHOUT_TICKET
from callcenter.routing.states import Location
from callcenter.ui.forms import BaseForm, LineField, LongTextField, PhoneField

_MOST_ANSWERS = 12


class DeskForm(BaseForm):
    """Everything that one call may say. Nothing is required: the services know what is."""

    call_id = HiddenField()
    also_call_id = HiddenField()
    contact_id = HiddenField()
    dwelling_id = HiddenField()
    residence_id = HiddenField()
    started_at = HiddenField()
    safety_read = HiddenField()
    category = HiddenField()
    caller_kind = SelectField(choices=[kind.value for kind in CallerKind])
    direction = SelectField(choices=[direction.value for direction in Direction])
    location = SelectField(choices=["", *Location], validators=[Optional()])
    caller_number = PhoneField(_l("Numéro qui appelle"))
    keep_number = BooleanField(_l("Garder ce numéro sur sa fiche"))
    caller_name = LineField(_l("Nom et qualité"))
    sms_number = PhoneField(_l("Numéro pour le suivi par SMS"))
    description = LongTextField(_l("Précisions"), rows=3)
    note = LongTextField(_l("Note sur l'appel"), rows=2)
    disposition = SelectField(
        _l("Issue de l'appel"),
        choices=[
            SelectChoice("", _l("Choisir…")),
            *(SelectChoice(ending.value, DISPOSITIONS[ending]) for ending in WITHOUT_TICKET),
        ],
        validators=[Optional()],
    )


def desk_values(form: DeskForm) -> dict[str, str]:
    """Return what the form says, clean, with the answers to the category's questions."""
    posted = request.form if request.method == "POST" else request.args
    values = {
        field.name: str(field.data or "")
        for field in form
        if field.name not in {"csrf_token", "form_token"} and field.name in posted
    }
    return values | answers_in(posted)


def answers_in(posted: Mapping[str, str]) -> dict[str, str]:
    """Return the answers among posted fields, bounded in number and length."""
    answers = {name: value[:80] for name, value in posted.items() if name.startswith(ANSWER_PREFIX)}
    return dict(list(answers.items())[:_MOST_ANSWERS])
