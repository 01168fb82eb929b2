"""The SMS provider as the workers reach it: one gateway per process."""

from functools import lru_cache

from callcenter.calls.voice_gateway import VoiceGateway
from callcenter.messaging.gateway import Gateway, GatewayConfig
from callcenter.settings import Settings

# The sandbox's short code, to which its phones can answer.
SANDBOX_SENDER = "38100"
STATUS_PATH = "/webhooks/twilio/status"


@lru_cache(maxsize=2)
def gateway_for(settings: Settings) -> Gateway:
    """Return the process's gateway: Twilio with credentials, the sandbox without."""
    return Gateway(
        GatewayConfig(
            account_sid=settings.sms_account_sid,
            auth_token=settings.sms_auth_token,
            messaging_service_sid=settings.twilio_messaging_service_sid,
            sender=settings.twilio_from or (SANDBOX_SENDER if settings.sms_sandbox else ""),
            base_url=settings.sandbox_url if settings.sms_sandbox else "",
        )
    )


@lru_cache(maxsize=2)
def voice_gateway_for(settings: Settings) -> VoiceGateway:
    """Return the process's telephone; patient, since a recording may be long."""
    return VoiceGateway(
        GatewayConfig(
            account_sid=settings.sms_account_sid,
            auth_token=settings.sms_auth_token,
            base_url=settings.sandbox_url if settings.sms_sandbox else "",
            read_timeout=30.0,
        )
    )


def callback_url(settings: Settings) -> str:
    """Return our public address for the provider's statuses."""
    return settings.public_origin + STATUS_PATH
