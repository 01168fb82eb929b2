"""The page of a line's voice plan."""

from flask import Blueprint, flash, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectChoice, SelectField
from wtforms.validators import NumberRange

from callcenter.calls.models import VoicePlan
from callcenter.calls.plan_services import NewPlan, choices_as_text, find_plan, save_plan
from callcenter.calls.recordings import MOST_DAYS
from callcenter.calls.states import Overflow
from callcenter.core.db import db, transaction
from callcenter.core.errors import UserError
from callcenter.core.permissions import Permission
from callcenter.core.phone import format_phone
from callcenter.members.models import PhoneLine
from callcenter.members.queries import get_line, get_member
from callcenter.ui.access import current_actor, requires
from callcenter.ui.forms import LongTextField, PhoneField, VersionedForm
from callcenter.ui.htmx import go_to

blueprint = Blueprint("voice_plan", __name__)


class PlanForm(VersionedForm):
    """What a line says and does."""

    welcome = LongTextField(_l("Accueil"), max_length=500, rows=2)
    notice = LongTextField(_l("Message d'information"), max_length=500, rows=2)
    closed_message = LongTextField(_l("Message de fermeture"), max_length=500, rows=2)
    choices = LongTextField(_l("Choix proposés"), max_length=2000, rows=4)
    max_waiting = IntegerField(_l("Appels en attente au plus"), [NumberRange(1, 500)])
    max_wait_minutes = IntegerField(_l("Attente au plus, en minutes"), [NumberRange(1, 120)])
    overflow = SelectField(
        _l("Quand la file est pleine ou l'attente trop longue"),
        choices=[
            SelectChoice(Overflow.CALLBACK, _l("Proposer un rappel")),
            SelectChoice(Overflow.NUMBER, _l("Renvoyer vers un numéro")),
            SelectChoice(Overflow.HANG_UP, _l("S'excuser et raccrocher")),
        ],
    )
    overflow_number = PhoneField(_l("Numéro de débordement"))
    on_call_number = PhoneField(_l("Numéro d'astreinte de cette ligne"))
    wrap_up_seconds = IntegerField(_l("Après-appel, en secondes"), [NumberRange(0, 1800)])
    voicemail = BooleanField(_l("Proposer de laisser un message vocal"))
    recording = BooleanField(_l("Enregistrer les conversations"))
    recording_days = IntegerField(
        _l("Durée de conservation, en jours"), [NumberRange(1, MOST_DAYS)]
    )


def _filled(plan: VoicePlan | None) -> dict[str, object]:
    return {
        "welcome": plan.welcome if plan else "",
        "notice": plan.notice if plan else "",
        "closed_message": plan.closed_message if plan else "",
        "choices": choices_as_text(plan),
        "max_waiting": plan.max_waiting if plan else 30,
        "max_wait_minutes": plan.max_wait_seconds // 60 if plan else 15,
        "overflow": plan.overflow if plan else Overflow.CALLBACK,
        "overflow_number": format_phone(plan.overflow_number) if plan else "",
        "on_call_number": format_phone(plan.on_call_number) if plan else "",
        "wrap_up_seconds": plan.wrap_up_seconds if plan else 60,
        "voicemail": plan.voicemail if plan else False,
        "recording": plan.recording if plan else False,
        "recording_days": plan.recording_days if plan else 30,
        "version": plan.version if plan else 0,
    }


@blueprint.get("/settings/lines/<int:line_id>/voice")
@requires(Permission.USERS_MANAGE)
def edit(line_id: int) -> ResponseReturnValue:
    """Show what a line says and does when it rings."""
    line = get_line(line_id)
    form = PlanForm(data=_filled(find_plan(line.id)), formdata=None)
    return _render(line, form)


@blueprint.post("/settings/lines/<int:line_id>/voice")
@requires(Permission.USERS_MANAGE)
def save(line_id: int) -> ResponseReturnValue:
    """Write it."""
    line = get_line(line_id)
    form = PlanForm()
    if form.validate():
        try:
            with transaction():
                save_plan(line, _new(form), current_actor())
        except UserError as error:
            form.add_error(error.field, error.message)
        else:
            flash(_("Accueil de la ligne enregistré."), "success")
            return go_to(url_for("voice_plan.edit", line_id=line_id))
    db.session.remove()
    return _render(get_line(line_id), form, status=422)


def _new(form: PlanForm) -> NewPlan:
    return NewPlan(
        welcome=form.welcome.data or "",
        notice=form.notice.data or "",
        closed_message=form.closed_message.data or "",
        choices=form.choices.data or "",
        max_waiting=form.max_waiting.data,
        max_wait_minutes=form.max_wait_minutes.data,
        overflow=form.overflow.data,
        overflow_number=form.overflow_number.data or "",
        on_call_number=form.on_call_number.data or "",
        wrap_up_seconds=form.wrap_up_seconds.data,
        voicemail=form.voicemail.data,
        recording=form.recording.data,
        recording_days=form.recording_days.data,
        version=form.seen_version,
    )


def _render(line: PhoneLine, form: PlanForm, *, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "calls/voice_plan.html",
        line=line,
        form=form,
        member=get_member(line.member_id).short_name,
        accent_id=line.member_id,
    )
    return make_response(page, status)
