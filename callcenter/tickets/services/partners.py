"""Organisations without accounts: told by e-mail and SMS of what they are offered."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Select, and_, bindparam, exists, func, select

from callcenter.core.db import db
from callcenter.core.phone import can_receive_sms
from callcenter.core.site import current_site
from callcenter.estate.models import MaintenanceContract
from callcenter.members.accounts import User
from callcenter.members.models import Organisation
from callcenter.members.states import OrganisationKind
from callcenter.messaging.email_services import queue_email
from callcenter.messaging.email_states import EmailKind
from callcenter.messaging.services import queue_message
from callcenter.messaging.states import Trigger
from callcenter.routing.states import Priority
from callcenter.tickets import words
from callcenter.tickets.models import Assignment, Ticket
from callcenter.tickets.partner_links import live_partner_link, make_partner_link, partner_url
from callcenter.tickets.services.follow_ups import due_words, follow_up_values

_PARTNERS = frozenset(
    {OrganisationKind.CONTRACTOR, OrganisationKind.SYNDIC, OrganisationKind.OTHER}
)


@dataclass(frozen=True, slots=True)
class PartnerContact:
    """How to reach an organisation for one ticket; the contract's own contacts come first."""

    name: str
    email: str
    phone: str

    @property
    def words(self) -> str:
        """Both in one line."""
        return " · ".join(part for part in (self.email, self.phone) if part)


def tell_partner(ticket: Ticket, assignment: Assignment, *, new: bool = False) -> bool:
    """Offer the ticket to an organisation that has no active account; say whether it has none.

    An e-mail and an SMS leave by what is known of it, in the present transaction, with the
    link of this assignment (one that is ``new`` has none yet). The landlord's own organisation
    costs no statement.
    """
    if assignment.informed_only or assignment.organisation_id == ticket.member_id:
        return False
    contact = find_contact_without_account(ticket, assignment.organisation_id)
    if contact is None:
        return False
    site = current_site()
    link = (make_partner_link if new else live_partner_link)(assignment, site.secret)
    link.sent_to = contact.words
    url = partner_url(link, site)
    with force_locale("fr"):
        values = follow_up_values(ticket, url, "fr") | {
            "organisme": contact.name,
            "lieu": _place(ticket),
        }
        if contact.email or not can_receive_sms(contact.phone):
            queue_email(
                member_id=ticket.member_id,
                kind=EmailKind.WORK_ORDER,
                to_address=contact.email,
                to_name=contact.name,
                subject=_subject(ticket, values),
                body=_letter(ticket, values, contact.name, assignment.accept_by),
                ticket_id=ticket.id,
                urgent=Priority(ticket.priority).is_urgent,
            )
    if can_receive_sms(contact.phone):
        queue_message(
            member_id=ticket.member_id,
            trigger=Trigger.PARTNER_OFFER,
            to_number=contact.phone,
            contact_id=None,
            ticket_id=ticket.id,
            values=values,
            urgent=Priority(ticket.priority).is_urgent,
        )
    return True


def find_contact_without_account(ticket: Ticket, organisation_id: int) -> PartnerContact | None:
    """Return how to reach a firm or a syndic in which nobody has an account, else None."""
    row = db.session.execute(
        _without_account(),
        {
            "member_id": ticket.member_id,
            "organisation_id": organisation_id,
            "contract_id": ticket.routing.get("contract_id") or 0,
        },
    ).one_or_none()
    return PartnerContact(row.name, row.email, row.phone) if row else None


@cache  # worked out once: each ticket for a partner asks for it
def _without_account() -> Select[*tuple[Any, ...]]:
    has_account = exists().where(
        User.member_id == Organisation.member_id,
        User.organisation_id == Organisation.id,
        User.active,
    )
    own = MaintenanceContract
    return (
        select(
            Organisation.name,
            func.coalesce(func.nullif(own.email, ""), Organisation.email).label("email"),
            func.coalesce(func.nullif(own.phone, ""), Organisation.phone).label("phone"),
        )
        .outerjoin(
            own,
            and_(
                own.member_id == Organisation.member_id,
                own.contractor_id == Organisation.id,
                own.id == bindparam("contract_id"),
            ),
        )
        .where(
            Organisation.member_id == bindparam("member_id"),
            Organisation.id == bindparam("organisation_id"),
            Organisation.kind.in_(_PARTNERS),
            ~has_account,
        )
    )


def _place(ticket: Ticket) -> str:
    return ticket.place or str(_("lieu sur la page"))


def _subject(ticket: Ticket, values: dict[str, str]) -> str:
    return str(
        _(
            "%(membre)s · %(reference)s · %(objet)s, %(lieu)s (%(priority)s)",
            membre=values["membre"],
            reference=ticket.reference,
            objet=values["objet"],
            lieu=values["lieu"],
            priority=words.PRIORITIES[ticket.priority],
        )
    )


def _letter(ticket: Ticket, values: dict[str, str], name: str, answer_by: datetime | None) -> str:
    """The work order as an e-mail tells it: no name and no number of the tenant's."""
    lines = [
        _("Bonjour,"),
        "",
        _("%(membre)s vous propose la demande suivante.", membre=values["membre"]),
        "",
        _("Référence : %(reference)s", reference=ticket.reference),
        _("Objet : %(objet)s", objet=values["objet"]),
        _("Lieu : %(lieu)s", lieu=values["lieu"]),
        _("Priorité : %(priority)s", priority=words.PRIORITIES[ticket.priority]),
        _("À traiter pour : %(due)s", due=due_words(ticket.due_at, "fr") or "-"),
        *([_("Réponse attendue : %(due)s", due=due_words(answer_by, "fr"))] if answer_by else []),
        "",
        _("Pour voir l'ordre de travail, accepter, refuser ou fixer une visite :"),
        values["lien"],
        "",
        _("Ce lien est réservé à %(name)s : ne le transmettez pas.", name=name),
    ]
    return "\n".join(str(line) for line in lines)
