"""Sending messages: a claim, one question to the provider each, the answers written down.

The claim is committed and the database released before the provider is asked; nothing here
asks twice. What follows a failure is decided by the messaging room, never by RQ's retries.
A group is claimed in one transaction, asked for side by side, and stored as the answers come.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from functools import cache
from typing import TypeVar

from flask import Flask, current_app

from callcenter.core import clock
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import ProviderError, ProviderUncertainError
from callcenter.core.isolation import Scope
from callcenter.messaging.claiming import claim_messages
from callcenter.messaging.gateway import Gateway
from callcenter.messaging.sending import Answer, Claim, release_unsent, store_answers
from workers.process import settings_of
from workers.provider import callback_url, gateway_for

log = logging.getLogger(__name__)

# The provider takes about 100 ms: several at once in one process, each in its own thread.
AT_ONCE = 16
# Answers that come within this of each other (seconds) are stored in one transaction.
_TOGETHER = 0.02
# A process that slept (a suspended machine) must not ask on the strength of an old claim.
CLAIM_LASTS = timedelta(seconds=60)

_EVERYTHING = Scope(everything=True)

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def send(message_ids: list[int]) -> None:
    """Send these messages, if they are still to be sent."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    send_all(app, gateway_for(settings_of(app)), message_ids)


def send_urgent(message_ids: list[int]) -> None:
    """Send these messages; waits in the queue of its own that workers empty first."""
    send(message_ids)


def send_all(app: Flask, gateway: Gateway, message_ids: Sequence[int]) -> None:
    """Send these messages, inside an application context: one after the other to one person."""
    url = callback_url(settings_of(app))
    while message_ids:
        claimed = list(_together(claim_messages, message_ids))
        for answers in _answers(gateway, url, _fresh([one for c in claimed for one in c.claims])):
            list(_together(store_answers, answers))
        message_ids = [number for c in claimed for number in c.later]


def _together(
    work: Callable[[Sequence[Thing]], Result], things: Sequence[Thing]
) -> Iterator[Result]:
    """Do the work in one transaction; if that fails, one for each: a bad one takes no other."""
    try:
        with session_scope(_EVERYTHING), transaction():
            done = work(things)
        yield done
    except Exception:
        if len(things) == 1:
            log.exception("message left as it is: %s", things[0])
            return
        log.warning("a group of %s is taken one by one", len(things))
        for one in things:
            yield from _together(work, [one])


def _fresh(claims: list[Claim]) -> list[Claim]:
    limit = clock.now() - CLAIM_LASTS
    old = [claim for claim in claims if claim.claimed_at < limit]
    if old:
        list(_together(release_unsent, old))
    return [claim for claim in claims if claim.claimed_at >= limit]


def _answers(
    gateway: Gateway, url: str, claims: Sequence[Claim]
) -> Iterator[list[tuple[Claim, Answer]]]:
    """Ask the provider side by side; give the answers as they come, a few at a time."""
    asked: dict[Future[Answer], Claim] = {
        _threads().submit(_ask, gateway, url, claim): claim for claim in claims
    }
    while asked:
        wait(asked, return_when=FIRST_COMPLETED)
        come = wait(asked, _TOGETHER).done
        yield [(asked.pop(one), one.result()) for one in come]


def _ask(gateway: Gateway, url: str, claim: Claim) -> Answer:
    try:
        return gateway.send(
            claim.to_number,
            claim.body,
            claim.message_id,
            url,
            claim.validity_seconds,
            claim.sender,
        ).provider_id
    except ProviderError as error:
        return error
    except Exception as error:
        log.exception("unforeseen: the provider may have message %s", claim.message_id)
        return ProviderUncertainError(type(error).__name__)


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the process's threads for asking; none of them touches the database."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="provider")
