"""Reading what somebody typed in the one search box. Pure."""

import re
from dataclasses import dataclass

from callcenter.core.phone import try_parse_phone
from callcenter.estate.importing.normalise import search_key

MAX_TERMS = 8
MAX_TYPED = 120
TAIL = 6
_LEAST_LETTERS = 2
_NEAR_FROM = 3
_SHORT = 5
_NUMBER = re.compile(r"(?<![\w/])\+?\(?\d[\d\s.()/-]{4,}\d(?!\w)")
_MOST_DIGITS = 17

# Words that say nothing beside others. A search for one of them alone is still made.
_EMPTY = frozenset(["de", "du", "des", "la", "le", "les", "l", "d", "et", "a", "au", "aux", "en"])
_TITLES = frozenset(["m", "mr", "mme", "mlle", "monsieur", "madame", "mademoiselle"])
# How people shorten what the addresses spell out, or the other way round.
_SAME = {
    "bd": "bd|boulevard",
    "bld": "bld|boulevard",
    "boulevard": "boulevard|bd",
    "av": "av|avenue",
    "ave": "ave|avenue",
    "pl": "pl|place",
    "all": "all|allee",
    "imp": "imp|impasse",
    "che": "che|chemin",
    "ch": "ch|chemin",
    "rte": "rte|route",
    "crs": "crs|cours",
    "sq": "sq|square",
    "st": "st|saint",
    "saint": "saint|st",
    "ste": "ste|sainte",
    "sainte": "sainte|ste",
    "res": "res|residence",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What was understood: a phone's last digits or whole number, and the other words."""

    tail: str = ""
    number: str = ""
    terms: tuple[str, ...] = ()
    # The digits that looked like a number, as words: they may be a dwelling's or a lease's.
    digits: tuple[str, ...] = ()


def _phone_in(text: str) -> tuple[str, str, str]:
    """Return the last digits, the whole number if it is one, and the text without it."""
    for match in _NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if not TAIL <= len(digits) <= _MOST_DIGITS:
            continue
        phone = try_parse_phone(match.group())
        rest = f"{text[: match.start()]} {text[match.end() :]}"
        if phone is not None:
            return phone.e164[-TAIL:], phone.e164, rest
        return digits[-TAIL:], "", rest
    return "", "", text


def understand(text: str) -> Typed:
    """Read a search: ``06 39 98 12 34``, ``981234``, ``hélène rue saint-genès``, ``AQ00010003``.

    A run of at least six digits, in any writing, is a phone number (or its end); the rest is
    words, folded, without the words that say nothing. Order does not matter.
    """
    text = text[:MAX_TYPED]
    tail, number, rest = _phone_in(text)
    words = _words(rest)
    digits: tuple[str, ...] = ()
    if tail:
        digits = tuple(_words(text))
    return Typed(tail=tail, number=number, terms=tuple(words), digits=digits)


def _words(text: str) -> list[str]:
    words = search_key(text).split()
    telling = [w for w in words if w not in _EMPTY and w not in _TITLES] or words
    kept = list(dict.fromkeys(telling))[:MAX_TERMS]
    if len(kept) == 1 and len(kept[0]) < _LEAST_LETTERS:
        return []
    return [_SAME.get(word, word) for word in kept]


def may_be_mistyped(term: str) -> bool:
    """Say whether a term is worth comparing with the words of the estate."""
    return len(term) >= _NEAR_FROM and not any(c.isdigit() for c in term) and "|" not in term


def edits(typed: str, word: str) -> int:
    """Count the letters to add, take away, change or swap with a neighbour between two words.

    >>> edits("moraeu", "moreau"), edits("dupres", "dupre")
    (1, 1)
    """
    before: list[int] = []
    last = list(range(len(word) + 1))
    for i, letter in enumerate(typed, start=1):
        row = [i]
        for j, other in enumerate(word, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            swapped = i > 1 and j > 1 and letter == word[j - 2] and typed[i - 2] == other
            row.append(min(cost, before[j - 2] + 1) if swapped else cost)
        before, last = last, row
    return last[-1]


def nearest(typed: str, words: list[str], most: int = 6) -> list[str]:
    """Return the words that a hand may have meant, the nearest first.

    One mistake in a short word, two in a longer one; a word still being typed is compared with
    the beginning of the others.
    """
    allowed = 1 if len(typed) <= _SHORT else 2
    found = []
    for place, word in enumerate(words):
        far = min(edits(typed, word), edits(typed, word[: len(typed)]))
        if far <= allowed:
            found.append((far, place, word))
    return [word for _, _, word in sorted(found)[:most]]
