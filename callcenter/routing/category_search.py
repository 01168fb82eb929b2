"""Finding a category by what agents type: accents, order, plurals and word ends don't matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from callcenter.routing.catalogue_types import Category

# Words that carry no subject: "plus d'eau chaude" is about "eau chaude".
_EMPTY_WORDS: Final = frozenset(
    [
        "a",
        "ai",
        "au",
        "aux",
        "avec",
        "ca",
        "ce",
        "chez",
        "d",
        "dans",
        "de",
        "des",
        "du",
        "elle",
        "en",
        "est",
        "et",
        "il",
        "j",
        "je",
        "l",
        "la",
        "le",
        "les",
        "ma",
        "mes",
        "mon",
        "n",
        "ne",
        "ni",
        "nous",
        "on",
        "ou",
        "par",
        "pas",
        "plus",
        "pour",
        "qu",
        "que",
        "qui",
        "s",
        "sa",
        "se",
        "ses",
        "son",
        "sur",
        "un",
        "une",
        "y",
    ]
)
_WORD: Final = re.compile(r"[a-z0-9]+")
_EXACT, _START, _CODE = 4, 3, 100
_SHORTEST_START: Final = 3


def search_categories(query: str, categories: Iterable[Category]) -> list[Category]:
    """Categories that hold every word of the query, best first; all of them when it is empty.

    A word may be the beginning of one ("asc", "chauf"). Matches in the label count above
    matches in synonyms, and a code typed in full ("t-asc") comes first. When no category holds
    every word, those that hold the most of them are given.
    """
    candidates = list(categories)
    words = _words(query)
    if not words:
        return candidates
    folded = _fold(query).strip()
    scored = []
    for position, category in enumerate(candidates):
        hits, score = _score(words, category)
        if folded == category.code.lower():
            hits, score = len(words), score + _CODE
        if hits:
            scored.append((-hits, -score, position, category))
    if not scored:
        return []
    scored.sort(key=lambda row: row[:3])
    most = scored[0][0]
    return [category for hits, _, _, category in scored if hits == most]


def _score(words: tuple[str, ...], category: Category) -> tuple[int, int]:
    """How many of the words are found, and how well."""
    label, *phrases = _phrases(category)
    hits = score = 0
    for word in words:
        best = max((_match(word, known) * 2 for known in label), default=0)
        for phrase in phrases:
            best = max(best, max((_match(word, known) for known in phrase), default=0))
        hits += best > 0
        score += best
    # A whole phrase that agents use ("ascenseur bloqué") beats words gathered from several.
    if any(set(words) == set(phrase) for phrase in (label, *phrases)):
        score += _EXACT * 2
    elif any(set(words) <= set(phrase) for phrase in (label, *phrases)):
        score += _EXACT
    return hits, score


def _match(word: str, known: str) -> int:
    if word == known:
        return _EXACT
    if len(word) >= _SHORTEST_START and known.startswith(word):
        return _START
    return 0


@lru_cache(maxsize=2048)
def _phrases(category: Category) -> tuple[tuple[str, ...], ...]:
    return tuple(_words(text) for text in (f"{category.label}", *category.synonyms))


def _words(text: str) -> tuple[str, ...]:
    """Words without accents, plural marks and empty words; all words if nothing else is left."""
    every = _WORD.findall(_fold(text))
    kept = [word for word in every if word not in _EMPTY_WORDS]
    return tuple(_singular(word) for word in kept or every)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > _SHORTEST_START and word[-1] in "sx" else word


def _fold(text: str) -> str:
    text = text.replace("œ", "oe").replace("Œ", "oe")
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
