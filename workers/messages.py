"""Sending messages: a claim, one question to the provider, its answer written down.

The claim is committed and the database released before the provider is asked; nothing here
asks twice. What follows a failure is decided by the messaging room, never by RQ's retries.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask import Flask, current_app

from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import ProviderError
from callcenter.core.isolation import Scope
from callcenter.messaging.gateway import Gateway
from callcenter.messaging.pauses import end_hold
from callcenter.messaging.sending import (
    Claim,
    claim_message,
    release_unsent,
    store_accepted,
    store_failure,
)
from workers.process import settings_of
from workers.provider import callback_url, gateway_for

log = logging.getLogger(__name__)

# The provider takes about 100 ms: several at once in one process, each in its own thread.
AT_ONCE = 16
# A process that slept (a suspended machine) must not ask on the strength of an old claim.
CLAIM_LASTS = timedelta(seconds=60)

_EVERYTHING = Scope(everything=True)


def send(message_ids: list[int]) -> None:
    """Send these messages, if they are still to be sent."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    gateway = gateway_for(settings_of(app))
    if len(message_ids) == 1:
        send_one(app, gateway, message_ids[0])
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(message_ids))) as pool:
        asked = [pool.submit(_alone, app, gateway, number) for number in message_ids]
    for future in asked:
        future.result()


def send_urgent(message_ids: list[int]) -> None:
    """Send these messages; waits in the queue of its own that workers empty first."""
    send(message_ids)


def send_one(app: Flask, gateway: Gateway, message_id: int) -> None:
    """Send one message, inside an application context."""
    with session_scope(_EVERYTHING), transaction():
        claim = claim_message(message_id)
    if claim is None:
        return
    own = Scope(member_ids=frozenset({claim.member_id}))
    if clock.now() - claim.claimed_at > CLAIM_LASTS:
        with session_scope(own), transaction():
            release_unsent(claim)
        return
    try:
        accepted = gateway.send(
            claim.to_number,
            claim.body,
            claim.message_id,
            callback_url(settings_of(app)),
            claim.validity_seconds,
            claim.sender,
        )
    except ProviderError as error:
        _store_failure(claim, error)
        return
    with session_scope(own), transaction():
        store_accepted(claim, accepted.provider_id)
    if claim.on_trial:
        with session_scope(_EVERYTHING), transaction():
            end_hold(clock.now())


def _store_failure(claim: Claim, error: ProviderError) -> None:
    # The provider's account, hence a pause, is the platform's.
    with session_scope(_EVERYTHING), transaction():
        store_failure(claim, error)


def _alone(app: Flask, gateway: Gateway, message_id: int) -> None:
    with app.app_context():
        send_one(app, gateway, message_id)
