"""Recordings in the background: started, fetched, deleted at the provider, one step a job."""

import logging

from flask import Flask, current_app
from flask_babel import force_locale

from callcenter.calls import recording_steps as steps
from callcenter.calls import recordings
from callcenter.calls.recording_steps import Due, Step
from callcenter.calls.voice_gateway import VoiceGateway
from callcenter.core import queues
from callcenter.core.db import session_scope, transaction
from callcenter.core.errors import ProviderError
from callcenter.core.isolation import Scope
from callcenter.core.queues import Job, Task
from callcenter.messaging.gateway import NotSent, Rejected
from workers.process import settings_of
from workers.provider import voice_gateway_for

log = logging.getLogger(__name__)

_EVERYTHING = Scope(everything=True)
_BATCH = 50
_GONE = 20404  # the provider knows nothing of it
_PATH = "/webhooks/twilio/voice/recorded"


def take_step(recording_id: int) -> None:
    """Ask the provider for what this recording needs next; twice does no harm."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    settings = settings_of(app)
    with session_scope(_EVERYTHING), transaction():
        due = steps.next_step(recording_id)
    if due is not None:
        _do(due, voice_gateway_for(settings), settings.public_origin)


def _do(due: Due, gateway: VoiceGateway, origin: str) -> None:
    match due.step:
        case Step.START:
            _start(due, gateway, f"{origin}{_PATH}?recording={due.id}")
        case Step.FETCH:
            _fetch(due, gateway)
        case Step.DELETE:
            _delete(due, gateway)


def _start(due: Due, gateway: VoiceGateway, callback: str) -> None:
    try:
        provider_id = gateway.record(due.call_provider_id, callback)
    except (NotSent, Rejected) as error:
        with session_scope(_own(due)), transaction():
            steps.not_started(due.id, again=isinstance(error, NotSent))
        return
    except ProviderError as error:
        # It may record: its callback, which carries our number, tells.
        log.warning("recording %s may have started: %s", due.id, error.message)
        return
    with session_scope(_own(due)), transaction():
        steps.started(due.id, provider_id)


def _fetch(due: Due, gateway: VoiceGateway) -> None:
    try:
        sound = gateway.fetch_recording(due.provider_id, steps.MOST_BYTES)
    except Rejected as error:
        if error.code == _GONE:
            with session_scope(_own(due)), transaction():
                steps.provider_forgot(due.id)
        return
    except ProviderError as error:
        log.warning("recording %s is fetched later: %s", due.id, error.message)
        return
    with session_scope(_own(due)), transaction():
        steps.store_content(due.id, sound.content, sound.content_type)
    _delete(due, gateway)


def _delete(due: Due, gateway: VoiceGateway) -> None:
    try:
        gateway.delete_recording(due.provider_id)
    except Rejected as error:
        if error.code != _GONE:
            log.warning("the provider keeps recording %s: %s", due.id, error.message)
            return
    except ProviderError as error:
        log.warning("recording %s is deleted later: %s", due.id, error.message)
        return
    with session_scope(_own(due)), transaction():
        steps.provider_forgot(due.id)


def _own(due: Due) -> Scope:
    return Scope(member_ids=frozenset({due.member_id}))


def hand_out_steps(app: Flask) -> int:
    """Hand due steps to the workers. While Redis is away they come due again by themselves."""
    with session_scope(_EVERYTHING), transaction():
        due = steps.take_due(_BATCH)
    if due:
        tasks = [Task(Job.TAKE_RECORDING_STEP, [number]) for number in due]
        queues.enqueue_all(settings_of(app).redis_url, tasks)
    return len(due)


def delete_old_recordings(_app: Flask) -> int:
    """Delete what was kept for as long as its member allows."""
    with session_scope(_EVERYTHING), transaction(), force_locale("fr"):
        return recordings.delete_old(_BATCH * 4)
