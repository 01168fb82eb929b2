"""From the desk to an incident: who the caller is there, and opening one."""

from flask_babel import gettext as _

from callcenter.calls.desk import Desk, look_around
from callcenter.calls.states import CallerKind
from callcenter.core.errors import UserError
from callcenter.core.isolation import Actor
from callcenter.core.phone import try_parse_phone
from callcenter.tickets.incident_models import Incident
from callcenter.tickets.services.incident_news import Listener
from callcenter.tickets.services.incidents import NewIncident, open_incident


def require_readable(desk: Desk) -> None:
    """Raise UserError beside the number for SMS when nobody can read it."""
    if desk.sms_number and try_parse_phone(desk.sms_number) is None:
        raise UserError(
            _("Ce numéro n'est pas lisible. Écrivez-le comme 06 39 98 12 34, ou effacez-le."),
            "sms_number",
        )


def listener_of(desk: Desk) -> Listener:
    """Return who is to hear the news of the incident that the caller joins."""
    if desk.safety_pending:
        raise UserError(
            _("Lisez d'abord les consignes de sécurité, puis confirmez-le."), "category"
        )
    require_readable(desk)
    number = try_parse_phone(desk.sms_number)
    known = desk.caller_kind is CallerKind.CONTACT
    return Listener(
        contact_id=desk.contact_id if known else None,
        contact_name=desk.person.name if desk.person else desk.values.get("caller_name", ""),
        number=number.e164 if number else "",
        language=desk.language,
    )


def open_incident_at(desk: Desk, actor: Actor, form_token: str) -> Incident:
    """Open the incident of the chosen category and place, with the tickets alike."""
    if desk.offered is None or desk.residence_id is None:
        raise UserError(_("Choisissez un motif."), "category")
    look_around(desk, actor)
    return open_incident(
        NewIncident(
            actor=actor,
            member_id=desk.owner.id,
            category_id=desk.offered.id,
            residence_id=desk.residence_id,
            building_id=desk.building_id,
            form_token=f"{form_token}-incident",
            ticket_ids=[one.id for one in desk.around.alike],
        )
    )
