"""What opening a ticket would do, shown to the agent before anything is written."""

from dataclasses import dataclass

from flask_babel import get_locale

from callcenter.core import clock
from callcenter.core.site import current_site
from callcenter.messaging.services import MessagePreview, preview_message
from callcenter.oncall.queries import Duty
from callcenter.routing.queries import OfferedCategory
from callcenter.routing.services import RoutePreview, RouteRequest, decide_route
from callcenter.routing.states import Location
from callcenter.tickets.links import TOKEN_LENGTH
from callcenter.tickets.models import Ticket
from callcenter.tickets.services.duty_start import with_duty
from callcenter.tickets.services.follow_ups import follow_up_values
from callcenter.tickets.services.opening import NewTicket, opening_trigger

# Stands for the reference that the ticket will get: as long as the real one, and no real one.
_DIGITS = "00000"


@dataclass(frozen=True, slots=True)
class TicketPreview:
    """Where the ticket would go, why and by when, and the SMS that the tenant would get."""

    route: RoutePreview
    message: MessagePreview
    duty: Duty | None = None


def preview_ticket(
    new: NewTicket, offered: OfferedCategory, prefix: str, language: str = "fr"
) -> TicketPreview:
    """Work out a ticket without writing anything. ``language`` is the contact's.

    Raises NotFound for a place that is not the member's.
    """
    at = clock.now()
    route = decide_route(
        RouteRequest(
            member_id=new.member_id,
            service=new.service,
            category_id=offered.id,
            location=Location(new.location) if new.location else None,
            residence_id=new.residence_id,
            building_id=new.building_id,
            dwelling_id=new.dwelling_id,
            caller_role=new.caller_role,
            answers=dict(new.answers),
            at=at,
        ),
        str(get_locale() or "fr"),
    )
    category = offered.category
    route, duty = with_duty(
        route, new.member_id, category.code, category.equipment or "", at, str(get_locale() or "fr")
    )
    imagined = Ticket(
        member_id=new.member_id,
        reference=f"{prefix}-{_DIGITS}",
        title=offered.category.label,
        restricted=offered.category.restricted,
        due_at=route.due_at,
        priority=route.priority,
    )
    link = f"{current_site().origin}/s/{'x' * TOKEN_LENGTH}"
    values = follow_up_values(imagined, link, language)
    values["organisme"] = route.organisation_name
    message = preview_message(
        member_id=new.member_id,
        trigger=opening_trigger(new, route),
        to_number=new.contact_number,
        values=values,
        language=language,
        urgent=route.priority.is_urgent,
    )
    return TicketPreview(route, message, duty)
