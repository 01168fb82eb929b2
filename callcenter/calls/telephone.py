"""The telephone as the desk's pages reach it, and what is asked of it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import current_app

from callcenter.calls.call_acts import (
    find_leg,
)
from callcenter.calls.models import Call
from callcenter.calls.states import LegKind
from callcenter.calls.voice_gateway import VoiceGateway
from callcenter.members.queries import get_line
from callcenter.messaging.gateway import GatewayConfig
from callcenter.settings import Settings

_STEPS = "/webhooks/twilio/voice"
_EXTENSION = "voice_gateway"


def gateway() -> VoiceGateway:
    """Return this application's telephone."""
    found: VoiceGateway | None = current_app.extensions.get(_EXTENSION)
    if found is None:
        settings: Settings = current_app.config["SETTINGS"]
        found = VoiceGateway(
            GatewayConfig(
                account_sid=settings.sms_account_sid,
                auth_token=settings.sms_auth_token,
                base_url=settings.sandbox_url if settings.sms_sandbox else "",
                connect_timeout=2.0,
                read_timeout=8.0,
            )
        )
        current_app.extensions[_EXTENSION] = found
    return found


def step(name: str, **values: object) -> str:
    """Return the address at which the provider asks for a step's instructions."""
    origin = current_app.config["SETTINGS"].public_origin
    return f"{origin}{_STEPS}/{name}?{urlencode(values)}"


@dataclass(frozen=True, slots=True)
class Meant:
    """What is asked of the provider, once it is committed: plain values, no rows."""

    call_id: int
    provider_id: str
    line_number: str
    agent_leg: str = ""
    transfer_leg: str = ""
    number: str = ""


def meant_of(call: Call) -> Meant:
    """Return what the provider has to know of a call."""
    agent_leg = find_leg(call.id, LegKind.AGENT)
    other = find_leg(call.id, LegKind.TRANSFER)
    return Meant(
        call.id,
        call.provider_id or "",
        get_line(call.line_id).number if call.line_id else "",
        agent_leg.provider_id if agent_leg else "",
        other.provider_id if other else "",
    )
