"""What an organisation may call itself: prefix, colour, name of sender, greeting. Pure."""

import re
from string import Formatter
from typing import Final

AGENT: Final = "agent"

_PREFIX = re.compile(r"[A-Z][A-Z0-9]{1,3}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
# Twilio, "Alphanumeric Sender ID": at most 11 letters, digits and spaces, one letter at least.
_SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
# French short codes of five digits (38xxx: transactional, two-way).
_SHORT_CODE = re.compile(r"3\d{4}")


def is_prefix(text: str) -> bool:
    """Say whether references may start so: two to four capitals or digits, a letter first."""
    return _PREFIX.fullmatch(text) is not None


def is_colour(text: str) -> bool:
    """Say whether it is a colour as ``#rrggbb`` in small letters."""
    return _COLOUR.fullmatch(text) is not None


def is_sender(text: str) -> bool:
    """Say whether SMS may leave under this name or short code."""
    return bool(_SENDER_NAME.fullmatch(text) or _SHORT_CODE.fullmatch(text))


def can_be_answered(sender: str) -> bool:
    """Say whether a tenant can reply to this sender: a name is one-way, a short code is not."""
    return _SHORT_CODE.fullmatch(sender) is not None


def unknown_blanks(greeting: str) -> list[str]:
    """Return the blanks of a greeting that nothing fills; ``{agent}`` is the only known one.

    A stray brace is an unknown blank too.
    """
    try:
        names = [name for _, name, _, _ in Formatter().parse(greeting) if name is not None]
    except ValueError:
        return ["{"]
    return [name for name in names if name != AGENT]


def greet(greeting: str, agent: str) -> str:
    """Return the greeting as the agent says it."""
    return greeting.replace("{agent}", agent)
