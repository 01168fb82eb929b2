"""One incident: the one truth, and what people do about it."""

from typing import Any, Final

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms.fields.choices import SelectChoice

from callcenter.core.db import db, transaction
from callcenter.core.errors import NotFound, UserError
from callcenter.core.permissions import Permission
from callcenter.tickets import words
from callcenter.tickets.incident_forms import (
    AttachForm,
    EndForm,
    NewsForm,
    OwnerForm,
    ReopenForm,
    WarnForm,
)
from callcenter.tickets.incident_page import (
    INCIDENT_STATES,
    INCIDENT_TONES,
    IncidentPage,
    load_incident_page,
)
from callcenter.tickets.page_context import STATE_TONES
from callcenter.tickets.queries.incidents import get_incident
from callcenter.tickets.queries.occupants import count_to_warn
from callcenter.tickets.queries.pages import get_id_by_reference, list_destinations
from callcenter.tickets.services.incident_acts import IncidentAct
from callcenter.tickets.services.incident_ends import reopen_incident, resolve_incident
from callcenter.tickets.services.incident_news import Told, publish_news, warn_residents
from callcenter.tickets.services.incident_tickets import (
    attach_ticket,
    give_incident,
    split_ticket,
)
from callcenter.tickets.states import ResolutionCode
from callcenter.ui.access import current_actor, requires
from callcenter.ui.forms import BaseForm, VersionedForm
from callcenter.ui.htmx import go_to
from callcenter.ui.theme import accents

P = Permission

_FORMS: Final[dict[str, type[BaseForm]]] = {
    "news": NewsForm,
    "end": EndForm,
    "back": ReopenForm,
    "attach": AttachForm,
    "owner": OwnerForm,
}


@requires(P.TICKETS_READ)
def incident(incident_id: int) -> ResponseReturnValue:
    """Show one incident."""
    return _show(load_incident_page(current_actor(), incident_id))


@requires(P.TICKETS_READ)
def incident_news(incident_id: int) -> ResponseReturnValue:
    """Publish a word to everybody."""

    def run(act: IncidentAct, form: Any) -> str:
        return _told(publish_news(act, form.word.data, form.expected.data or ""))

    return _act(incident_id, "news", run)


@requires(P.TICKETS_READ)
def incident_resolve(incident_id: int) -> ResponseReturnValue:
    """End the incident and its tickets."""

    def run(act: IncidentAct, form: Any) -> str:
        told = resolve_incident(act, ResolutionCode(form.code.data), form.note.data or "")
        return f"{_('Incident terminé, ses demandes sont résolues.')} {_told(told)}"

    return _act(incident_id, "end", run)


@requires(P.TICKETS_READ)
def incident_reopen(incident_id: int) -> ResponseReturnValue:
    """Open the incident and its tickets again."""

    def run(act: IncidentAct, form: Any) -> str:
        return f"{_('Incident rouvert.')} {_told(reopen_incident(act, form.word.data))}"

    return _act(incident_id, "back", run)


@requires(P.TICKETS_OPEN)
def incident_attach(incident_id: int) -> ResponseReturnValue:
    """Add a ticket, named by its reference."""

    def run(act: IncidentAct, form: Any) -> str:
        reference = form.reference.data.upper()
        try:
            ticket_id = get_id_by_reference(act.actor, reference)
        except NotFound as error:
            raise UserError(
                _("Aucune demande ne porte cette référence."), field="reference"
            ) from error
        attach_ticket(act, ticket_id)
        return str(_("%(reference)s rattachée.", reference=reference))

    return _act(incident_id, "attach", run)


@requires(P.TICKETS_OPEN)
def incident_owner(incident_id: int) -> ResponseReturnValue:
    """Give the incident, and its tickets, to an organisation."""

    def run(act: IncidentAct, form: Any) -> str:
        organisation, _dash, team = str(form.destination.data).partition("-")
        give_incident(act, int(organisation), int(team) if team else None)
        return str(_("Incident confié : ses demandes suivent."))

    return _act(incident_id, "owner", run)


@requires(P.TICKETS_OPEN)
def incident_split(incident_id: int, ticket_id: int) -> ResponseReturnValue:
    """Take a ticket out of the incident."""
    actor = current_actor()
    get_incident(actor, incident_id)
    with transaction():
        split_ticket(IncidentAct(actor, incident_id), ticket_id)
    return go_to_incident(incident_id, _("Demande détachée : elle suit son propre chemin."))


@requires(P.TICKETS_OPEN)
def incident_warn(incident_id: int) -> ResponseReturnValue:
    """Tell the residents before they call, once somebody has seen how many they are."""
    actor = current_actor()
    page = load_incident_page(actor, incident_id)
    form = WarnForm()
    if request.method == "POST" and form.validate():
        act = IncidentAct(actor, incident_id, form_token=form.form_token.data)
        try:
            with transaction():
                told = warn_residents(act, form.count.data or 0)
        except UserError as error:
            db.session.expire_all()
            page = load_incident_page(actor, incident_id)
            form.add_error(error.field, error.message)
        else:
            return go_to_incident(incident_id, _("Habitants prévenus.") + " " + _told(told))
    count = count_to_warn(page.incident)
    form.count.data, form.count.raw_data = count, None
    shown = render_template(
        "tickets/incident_warn.html",
        page=page,
        incident=page.incident,
        form=form,
        count=count,
        accent_id=page.incident.member_id,
    )
    return shown, 422 if form.form_errors else 200


def _act(incident_id: int, name: str, run: Any) -> ResponseReturnValue:
    """Carry out one form of the incident's page; refused, the page comes back with it."""
    actor = current_actor()
    # Before the form: whoever may not see the incident learns nothing from its errors.
    page = load_incident_page(actor, incident_id)
    form = _form(name, page)
    if not form.validate():
        return _show(page, form, name, status=422)
    version = form.seen_version if isinstance(form, VersionedForm) else None
    act = IncidentAct(actor, incident_id, version, form.form_token.data)
    try:
        with transaction():
            said = run(act, form)
    except UserError as error:
        db.session.expire_all()
        page = load_incident_page(actor, incident_id)
        form.add_error(error.field, error.message)
        if isinstance(form, VersionedForm):
            # The person now sees the new state beside the own words, and may send again.
            form.version.data, form.version.raw_data = page.incident.version, None
        return _show(page, form, name, status=422)
    return go_to_incident(incident_id, said)


def _show(
    page: IncidentPage, bound: BaseForm | None = None, name: str = "", status: int = 200
) -> ResponseReturnValue:
    forms = {
        key: bound if bound is not None and key == name else _form(key, page, fresh=True)
        for key in _wanted(page)
    }
    shown = render_template(
        "tickets/incident.html",
        page=page,
        incident=page.incident,
        forms=forms,
        failed=name,
        accent_id=page.incident.member_id,
        members={one.member_id: one.name for one in accents()},
        **incident_words(),
    )
    return shown, status


def _wanted(page: IncidentPage) -> list[str]:
    if not page.is_open:
        return ["back"] if page.ends else []
    found = ["news"] if page.speaks else []
    found += ["end"] if page.ends else []
    return [*found, "attach", "owner"] if page.leads else found


def _form(name: str, page: IncidentPage, *, fresh: bool = False) -> BaseForm:
    made = _FORMS[name]
    values: dict[str, Any] = {"version": page.incident.version}
    if name == "news":
        values["expected"] = page.incident.expected_text
    if name == "owner":
        team = page.incident.owner_team_id
        owner = page.incident.owner_organisation_id
        values["destination"] = f"{owner}-{team}" if team else str(owner or "")
    form = made(formdata=None, prefix=name, data=values) if fresh else made(prefix=name)
    if isinstance(form, OwnerForm):
        form.destination.choices = [
            SelectChoice(value, f"{organisation} · {team_name}" if team_name else organisation)
            for value, organisation, team_name in list_destinations(page.incident.member_id)
        ]
    return form


def _told(told: Told) -> str:
    words_ = ngettext("%(num)s SMS partira.", "%(num)s SMS partiront.", told.sent)
    if told.skipped:
        words_ += " " + ngettext(
            "%(num)s personne ne peut pas être jointe ainsi.",
            "%(num)s personnes ne peuvent pas être jointes ainsi.",
            told.skipped,
        )
    return str(words_)


def go_to_incident(incident_id: int, said: str) -> ResponseReturnValue:
    """Say what was done, on the incident's page."""
    flash(said, "success")
    return go_to(url_for("tickets.incident", incident_id=incident_id))


def incident_words() -> dict[str, Any]:
    """Return the words that the pages of incidents share."""
    return {
        "words": words,
        "state_tones": STATE_TONES,
        "incident_states": INCIDENT_STATES,
        "incident_tones": INCIDENT_TONES,
    }
