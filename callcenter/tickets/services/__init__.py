"""The verbs of tickets: what other rooms call."""

from callcenter.tickets.services.acts import Act
from callcenter.tickets.services.assignments import (
    accept_assignment,
    assign_to_colleague,
    offer_to,
    refuse_assignment,
)
from callcenter.tickets.services.chases import note_chase
from callcenter.tickets.services.duty_answers import ask_the_next, take_by_phone
from callcenter.tickets.services.opening import NewTicket, open_ticket
from callcenter.tickets.services.partner_acts import (
    renew_partner_link,
    revoke_partner_link,
    tenant_absent,
)
from callcenter.tickets.services.photos import add_photo, tenant_adds_photos
from callcenter.tickets.services.progress import (
    cancel,
    close,
    comment,
    put_on_hold,
    read_answers,
    renew_link,
    reopen,
    resolve,
    resume,
    revoke_link,
)
from callcenter.tickets.services.satisfaction import tenant_rates
from callcenter.tickets.services.tenant import (
    close_silent,
    tenant_adds_word,
    tenant_chooses_language,
    tenant_confirms_visit,
    tenant_corrects,
    tenant_opts_in,
    tenant_opts_out,
    tenant_says_fixed,
    tenant_says_not_fixed,
)
from callcenter.tickets.services.unanswered import reassure, return_unanswered
from callcenter.tickets.services.visits import cancel_visit, plan_visit

__all__ = [
    "Act",
    "NewTicket",
    "accept_assignment",
    "add_photo",
    "ask_the_next",
    "assign_to_colleague",
    "cancel",
    "cancel_visit",
    "close",
    "close_silent",
    "comment",
    "note_chase",
    "offer_to",
    "open_ticket",
    "plan_visit",
    "put_on_hold",
    "read_answers",
    "reassure",
    "refuse_assignment",
    "renew_link",
    "renew_partner_link",
    "reopen",
    "resolve",
    "resume",
    "return_unanswered",
    "revoke_link",
    "revoke_partner_link",
    "take_by_phone",
    "tenant_absent",
    "tenant_adds_photos",
    "tenant_adds_word",
    "tenant_chooses_language",
    "tenant_confirms_visit",
    "tenant_corrects",
    "tenant_opts_in",
    "tenant_opts_out",
    "tenant_rates",
    "tenant_says_fixed",
    "tenant_says_not_fixed",
]
