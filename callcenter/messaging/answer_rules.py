"""What a short answer by SMS means, and whose request it is about.

Pure: anything not certain is left for a person to read, never guessed.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from callcenter.core.phone import Phone, try_parse_phone
from callcenter.messaging.states import Trigger


class Meaning(StrEnum):
    """What somebody wrote back. `OTHER` is read by a person."""

    STOP = "stop"
    START = "start"
    YES = "yes"
    NO = "no"
    SCORE = "score"
    NEW_NUMBER = "new_number"
    WRONG_PERSON = "wrong_person"
    OTHER = "other"


_STOP = frozenset(
    {
        "stop", "arret", "arreter", "stop sms", "stopall", "unsubscribe", "desabonner",
        "desabonnement", "arretez", "stop svp",
    }
)  # fmt: skip
_START = frozenset({"start", "unstop", "reprendre", "reprise"})
_YES = frozenset(
    {
        "oui", "yes", "ok", "okay", "o", "c est bon", "c est repare", "c est regle", "repare",
        "regle", "tout est bon", "tout va bien", "c est fait", "fixed", "it is fixed",
        "it s fixed", "all good",
    }
)  # fmt: skip
_NO = frozenset(
    {
        "non", "no", "n", "toujours pas", "pas encore", "pas repare", "pas regle",
        "c est pas repare", "ce n est pas repare", "ce n est pas regle", "not fixed", "not yet",
        "it is not fixed", "non repare",
    }
)  # fmt: skip
# Said alone, each means that the number is somebody else's.
_WRONG = frozenset(
    {
        "ce n est pas moi", "c est pas moi", "ce n est plus moi", "c est plus moi",
        "ce n est plus mon numero", "pas la bonne personne", "vous vous trompez",
        "vous vous trompez de personne", "vous vous trompez de numero", "not me",
        "it is not me", "it s not me", "wrong person",
    }
)  # fmt: skip
# Whatever follows these can't change what they say.
_WRONG_BEGINNING = (
    "mauvais numero", "erreur de numero", "faux numero", "je ne suis pas locataire",
    "je ne suis plus locataire", "je ne suis plus le locataire", "je n habite plus",
    "j ai demenage", "wrong number", "i am not the tenant", "i no longer live",
)  # fmt: skip
_NEW_NUMBER = (
    "nouveau numero", "mon numero", "change de numero", "changer de numero", "numero change",
    "joindre au", "appelez moi au", "appeler au", "new number", "my number", "call me on",
    "reach me on",
)  # fmt: skip
# A French number as people write it; the library says whether it is one.
_NUMBER = re.compile(r"(?<!\d)(?:\+|00)?\d(?:[ .\-]?\d){8,13}(?!\d)")
_SCORE = re.compile(
    r"\s*(?:(?:ma\s+)?(?:note|mark|score)\s*:?\s*|je\s+(?:mets|donne)\s+|i\s+give\s+)?"
    r"([1-5])\s*(?:/\s*5|sur\s*5|out of 5|[ée]toiles?|stars?)?\s*"
    r"(?:$|[,.;:!\n\u2013\u2014-]+(?!\s*\d)\s*(?P<word>.*))",
    re.IGNORECASE | re.DOTALL,
)

# What may stand around a yes without changing it.
_POLITE = frozenset(
    {
        "bonjour", "bonsoir", "merci", "beaucoup", "madame", "monsieur", "svp", "thanks", "thank",
        "you", "hello", "cordialement",
    }
)  # fmt: skip


def understand(body: str, opt_out_type: str = "") -> Meaning:
    """Return what an answer certainly means.

    ``opt_out_type`` is the provider's own reading (STOP, START, HELP): it decides where our
    words do not. "Oui" followed by anything but thanks is for a person: "oui mais ça fuit".
    """
    words = _plain(body)
    bare = " ".join(word for word in words.split() if word not in _POLITE)
    told = opt_out_type.strip().upper()
    readings = (
        (Meaning.STOP, bare in _STOP or told == "STOP"),
        (Meaning.START, bare in _START),
        (Meaning.YES, bare in _YES or _twice(bare, ("oui ", "yes "), _YES)),
        (Meaning.NO, bare in _NO or _twice(bare, ("non ", "no "), _NO)),
        (Meaning.START, told == "START"),
        (Meaning.SCORE, read_score(body) is not None),
        (Meaning.WRONG_PERSON, bare in _WRONG or bare.startswith(_WRONG_BEGINNING)),
        (
            Meaning.NEW_NUMBER,
            any(phrase in words for phrase in _NEW_NUMBER) and read_number(body) is not None,
        ),
    )
    return next((meaning for meaning, true in readings if true), Meaning.OTHER)


def _twice(bare: str, beginnings: tuple[str, ...], same: frozenset[str]) -> bool:
    """Say whether a text is a yes (or a no), then the same once more: "oui c'est réparé"."""
    return bare.startswith(beginnings) and bare.split(" ", 1)[1] in same


def read_score(body: str) -> tuple[int, str] | None:
    """Return a mark from 1 to 5 and the word that came with it, or None.

    "4", "4/5", "note : 4", "5, rapide et poli"; not "2 jours que j'attends".
    """
    words = " ".join(word for word in _plain(body).split() if word not in _POLITE)
    if words in {"1", "2", "3", "4", "5"}:
        return int(words), ""
    found = _SCORE.fullmatch(body.strip())
    return (int(found[1]), (found["word"] or "").strip()) if found else None


def read_number(body: str) -> Phone | None:
    """Return the one telephone number that a text holds; None when it holds none, or several."""
    found = [try_parse_phone(match) for match in _NUMBER.findall(body)]
    valid = {phone.e164: phone for phone in found if phone is not None}
    return next(iter(valid.values())) if len(valid) == 1 else None


# These end with a question, or invite one: an answer may come after the end of the request.
ASKING: Final = frozenset(
    {Trigger.RESOLVED, Trigger.INCIDENT_RESOLVED, Trigger.CLOSED, Trigger.SATISFACTION}
)
_ANSWERED_WITHIN: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Request:
    """A request that an answer may be about."""

    member_id: int
    ticket_id: int


def choose_request(
    open_ones: Sequence[Request],
    last: Request | None,
    last_trigger: str,
    last_at: datetime | None,
    now: datetime,
) -> Request | None:
    """Return the request that an answer is about, or None: a person sorts it.

    One that is open: that one. Several: the one of the last message sent to the number. The
    request of that message counts as open for a while after its end when it asked something.
    ``open_ones`` are not closed and not cancelled.
    """
    asked = last_trigger in ASKING and last_at is not None and now - last_at <= _ANSWERED_WITHIN
    if last is not None and (asked or last in open_ones):
        return last
    return open_ones[0] if len(open_ones) == 1 else None


def _plain(text: str) -> str:
    """Return the words without accents, capitals or punctuation."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())
