"""What a short answer by SMS means. Pure: anything not certain is left for a person to read."""

import re
import unicodedata
from enum import StrEnum


class Meaning(StrEnum):
    """What somebody wrote back. `OTHER` is read by a person."""

    STOP = "stop"
    START = "start"
    YES = "yes"
    NO = "no"
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
    if bare in _STOP or told == "STOP":
        return Meaning.STOP
    if bare in _START:
        return Meaning.START
    if bare in _YES or (bare.startswith(("oui ", "yes ")) and bare.split(" ", 1)[1] in _YES):
        return Meaning.YES
    if bare in _NO or (bare.startswith(("non ", "no ")) and bare.split(" ", 1)[1] in _NO):
        return Meaning.NO
    return Meaning.START if told == "START" else Meaning.OTHER


def _plain(text: str) -> str:
    """Return the words without accents, capitals or punctuation."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())
