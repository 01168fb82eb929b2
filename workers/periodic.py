"""The chores of the clockwork: thin, each a few short transactions of the rooms' own verbs."""

import logging
from datetime import timedelta
from functools import partial

from flask import Flask

from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import ProviderError, ProviderRefusedError
from callcenter.core.isolation import Scope
from callcenter.estate.flag_services import purge_flags
from callcenter.members import drafts
from callcenter.messaging import upkeep
from callcenter.messaging.contract_notices import tell_ending_contracts
from callcenter.messaging.gateway import Gateway, SentMessage
from callcenter.messaging.states import Trigger
from callcenter.tickets.queries.delays import list_delayed, list_nearly_late
from callcenter.tickets.queries.incidents import list_unfinished
from callcenter.tickets.queries.silent import list_silent
from callcenter.tickets.services.delays import tell_of_delay
from callcenter.tickets.services.incident_ends import finish_incident
from callcenter.tickets.services.tenant import close_silent
from workers.process import each_landlord, one_by_one, settings_of
from workers.provider import gateway_for

log = logging.getLogger(__name__)

_EVERYTHING = Scope(everything=True)
_BATCH = 500
# The provider's clock may be behind ours, and it lists in whole seconds.
_CLOCK_SLACK = timedelta(minutes=2)


def mark_lost_messages(_app: Flask) -> int:
    """Declare uncertain the messages whose worker died."""
    with session_scope(_EVERYTHING), transaction():
        return upkeep.mark_lost(_BATCH)


def expire_messages(_app: Flask) -> int:
    """End the messages that are past their useful life."""
    with session_scope(_EVERYTHING), transaction():
        return upkeep.expire_overdue(_BATCH)


def reconcile_messages(app: Flask) -> int:
    """Look for the uncertain messages in the provider's own list; return how many were found."""
    return reconcile(gateway_for(settings_of(app)))


def reconcile(gateway: Gateway) -> int:
    """As `reconcile_messages`, with a gateway of the caller's.

    What the provider does not list stays uncertain: a person decides, since a list that lags
    behind proves nothing.
    """
    with session_scope(_EVERYTHING):
        doubts = upkeep.list_doubts()
    settled = 0
    for doubt in doubts:
        try:
            listed = gateway.find_by(doubt.to_number, doubt.since - _CLOCK_SLACK)
        except ProviderError as error:
            log.warning("the provider's list is not to be had: %s", type(error).__name__)
            return settled
        settled += _settle(doubt, listed)
    return settled


def _settle(doubt: upkeep.Doubt, listed: list[SentMessage]) -> bool:
    """Give the doubt the oldest message with the same text that is nobody else's."""
    same = [one for one in reversed(listed) if one.body.strip() == doubt.body.strip()]
    if not same:
        return False
    with session_scope(_EVERYTHING), transaction():
        taken = upkeep.known_provider_ids([one.provider_id for one in same])
        for one in same:
            if one.provider_id not in taken:
                return upkeep.adopt(doubt.id, one.provider_id, one.status, one.error_code)
    return False


def ask_statuses(app: Flask) -> int:
    """Ask the provider what became of messages whose callbacks never came."""
    return ask_about_untold(gateway_for(settings_of(app)))


def ask_about_untold(gateway: Gateway) -> int:
    """As `ask_statuses`, with a gateway of the caller's; return how many moved on."""
    with session_scope(_EVERYTHING), transaction():
        untold = upkeep.take_untold()
    moved = 0
    for message_id, provider_id in untold:
        try:
            found = gateway.fetch(provider_id)
        except ProviderRefusedError:
            continue  # the provider has forgotten it
        except ProviderError as error:
            log.warning("the provider can't be asked: %s", type(error).__name__)
            return moved
        with session_scope(_EVERYTHING), transaction():
            moved += upkeep.learn_status(message_id, found.status, found.error_code)
    return moved


def purge_drafts(_app: Flask) -> int:
    """Forget old drafts of forms."""
    with session_scope(_EVERYTHING), transaction():
        return drafts.purge_drafts()


def tell_managers_of_ends(_app: Flask) -> int:
    """Write to the managers about contracts that are about to end."""
    return each_landlord(tell_ending_contracts)


def purge_place_flags(_app: Flask) -> int:
    """Erase the flags on places whose time is over."""
    with session_scope(_EVERYTHING), transaction():
        return purge_flags()


def finish_incidents(_app: Flask) -> int:
    """End the tickets of the incidents that are over: those that their end did not reach."""
    with session_scope(_EVERYTHING):
        found = list_unfinished(_BATCH)
    one_by_one(found, finish_incident)
    return len(found)


def close_silent_tickets(_app: Flask) -> int:
    """Close the resolved tickets that the tenant has said nothing about for some days."""
    with session_scope(_EVERYTHING):
        found = list_silent(_BATCH)
    one_by_one(found, close_silent)
    return len(found)


def tell_of_delays(_app: Flask) -> int:
    """Warn the tenants whose request is nearly late, and apologise to those whose is late."""
    with session_scope(_EVERYTHING):
        at = clock.now()
        nearly_late = list_nearly_late(at, _BATCH)
        delayed = list_delayed(at, _BATCH)
    return one_by_one(
        nearly_late, partial(tell_of_delay, trigger=Trigger.NEARLY_LATE)
    ) + one_by_one(delayed, partial(tell_of_delay, trigger=Trigger.DELAYED))
