"""A person at a phone writes: kept on the phone, told to the program with a real signature."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.state import State
from sandbox.store import Message, new_sid

# The provider understands these words itself, and tells so in OptOutType.
_STOP_WORDS = {"STOP", "ARRET", "ARRÊT", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
_START_WORDS = {"START", "UNSTOP", "YES"}
_HELP_WORDS = {"HELP", "INFO", "AIDE"}
MAX_BODY = 1600


class InboundError(ValueError):
    """The message cannot be sent, with the reason in French for the person at the phone."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an answer: the program's HTTP answer, None if none came."""

    sid: str
    http: int | None


def one_way(sender: str) -> bool:
    """Whether a sender is a name, to which nobody can answer."""
    return any(char.isalpha() for char in sender)


def write(
    here: State, phone: str, sender: str, body: str, *, media: int = 0, sid: str = ""
) -> Sent:
    """Send `body` from a phone to `sender`; `sid` set repeats an earlier one (a replay).

    Raises InboundError when the phone could not send it.
    """
    if not body.strip() and not media:
        raise InboundError("Écrivez un message.")
    if len(body) > MAX_BODY:
        raise InboundError(f"Le message dépasse {MAX_BODY} caractères.")
    if one_way(sender):
        raise InboundError(
            f"« {sender} » est un nom : on ne peut pas lui répondre. Utilisez le lien du message."
        )
    now = datetime.now(UTC).timestamp()
    message = Message(
        sid=sid or new_sid("MM" if media else "SM"),
        phone=phone,
        sender=sender,
        body=body,
        direction="inbound",
        status="received",
        created=now,
        updated=now,
    )
    if here.store.get(message.sid) is None:
        here.store.add(message)
    extra = _opt(here, phone, sender, body)
    if media:
        extra["NumMedia"] = str(media)
        for number in range(media):
            extra[f"MediaUrl{number}"] = f"https://api.twilio.com/media/{message.sid}/{number}"
            extra[f"MediaContentType{number}"] = "image/jpeg"
    return Sent(
        message.sid, here.delivery.inbound(message, here.webhook_origin + here.inbound_path, extra)
    )


def _opt(here: State, phone: str, sender: str, body: str) -> dict[str, str]:
    word = body.strip().upper().rstrip(".!")
    if word in _STOP_WORDS:
        here.store.opt(phone, sender, out=True)
        return {"OptOutType": "STOP"}
    if word in _START_WORDS:
        here.store.opt(phone, sender, out=False)
        return {"OptOutType": "START"}
    return {"OptOutType": "HELP"} if word in _HELP_WORDS else {}
