"""What makes a password bad: short, common, or about the person. No rule on kinds of letters.

After CNIL's recommendation of 2022 and NIST SP 800-63B: length matters, guessable ones are
refused, composition rules and forced changes only make people write passwords down.
"""

import unicodedata
from collections.abc import Iterable
from enum import StrEnum

MINIMUM = 12
MAXIMUM = 128  # a longer one only makes the server work

_FEW_SIGNS = 4
_LITTLE_LEFT = 3
_UNIT_MAX = 6
_WORD_MIN = 4
_WALK_MIN = 6
_OWN_LEFT = 8


class PasswordFault(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    REPEATED = "repeated"
    PERSONAL = "personal"


# What guessing programs try first, in French and English, and this trade's own words.
_COMMON_WORDS = (
    "motdepasse", "passe", "password", "passwort", "bonjour", "bonsoir", "bienvenue", "welcome",
    "soleil", "azerty", "qwerty", "qwertz", "admin", "administrateur", "administrator", "root",
    "utilisateur", "user", "test", "essai", "demo", "secret", "changeme", "changezmoi", "letmein",
    "iloveyou", "jetaime", "doudou", "loulou", "chouchou", "marseille", "bordeaux", "toulouse",
    "montauban", "paris", "france", "football", "rugby", "nicolas", "camille", "princesse",
    "dragon", "monkey", "master", "sunshine", "printemps", "automne", "hiver", "janvier",
    "fevrier", "mars", "avril", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "agent",
    "appel", "appels", "callcenter", "plateforme", "bailleur", "locataire", "logement",
    "residence", "aquitanis", "mesolia", "coopairs", "cooefficience", "accueil", "bureau",
    "entreprise", "ordinateur", "internet", "google", "facebook", "maison", "chocolat", "abcdef",
    "trustno", "superman", "batman", "starwars", "pokemon", "ete",
)  # fmt: skip

_WALKS = (
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "1234567890123456789",
    "1a2z3e4r5t6y7u8i9o0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "aqwzsxedcrfvtgbyhnuj",
    "qazwsxedcrfvtgbyhnuj",
)

_LEET = str.maketrans("013457@$!€", "oieastasie")


def password_fault(password: str, about: Iterable[str] = ()) -> PasswordFault | None:
    """Return what is wrong with ``password``, or ``None``.

    ``about`` holds words that belong to the person: names, e-mail address, employer.
    """
    if len(password) < MINIMUM:
        return PasswordFault.TOO_SHORT
    if len(password) > MAXIMUM:
        return PasswordFault.TOO_LONG
    plain = _plain(password)
    if len(set(plain)) <= _FEW_SIGNS or _repeats(plain):
        return PasswordFault.REPEATED
    if _is_common(plain):
        return PasswordFault.COMMON
    if _is_personal(plain, about):
        return PasswordFault.PERSONAL
    return None


def _plain(text: str) -> str:
    """Return small letters without accents; digits and signs stay."""
    marked = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in marked if not unicodedata.combining(sign))


def _repeats(plain: str) -> bool:
    """Say whether a short piece is written several times over (``abcabcabcabc``)."""
    unit = (plain + plain).find(plain, 1)
    return unit <= _UNIT_MAX and unit < len(plain)


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalpha())


def _is_common(plain: str) -> bool:
    packed = "".join(sign for sign in plain if sign.isalnum())
    stem = packed.strip("0123456789")
    for walk in _WALKS:
        for piece in (packed, stem):
            if len(piece) >= _WALK_MIN and (piece in walk * 2 or piece in walk[::-1] * 2):
                return True
    return any(_is_made_of_common(letters) for letters in (_letters(plain), _unleet(plain)))


def _unleet(plain: str) -> str:
    """Return the letters with look-alike signs read as letters, the year at the end dropped."""
    return _letters(plain.rstrip("0123456789!?.*-_#").translate(_LEET))


def _is_made_of_common(letters: str) -> bool:
    """Say whether one or two common words are nearly all there is, whatever digits surround."""
    left, used = letters, 0
    for word in sorted((*_COMMON_WORDS, *(walk[:6] for walk in _WALKS)), key=len, reverse=True):
        if word.isalpha() and word in left:
            left = left.replace(word, "")
            used += 1
    return len(left) < _LITTLE_LEFT and used <= 2  # noqa: PLR2004 - two words


def _is_personal(plain: str, about: Iterable[str]) -> bool:
    left = "".join(sign for sign in plain if sign.isalnum())
    found = False
    for text in about:
        local_part = _plain(text).split("@")[0]
        for word in "".join(s if s.isalnum() else " " for s in local_part).split():
            if len(word) >= _WORD_MIN and word in left:
                left, found = left.replace(word, ""), True
    return found and len(left) < _OWN_LEFT
