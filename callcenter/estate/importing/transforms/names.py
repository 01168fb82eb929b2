"""A whole name in one cell: civility, last name in capitals, first name."""

import re

from callcenter.estate.importing import codes
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.outcome import Outcome, Problem
from callcenter.estate.importing.transforms.basic import text

_CIVILITY = re.compile(
    r"^((?:M(?:r|onsieur)?\.?|M(?:me|lle|adame|ademoiselle)\.?|MM\.?|Mmes\.?)"
    r"(?:\s*(?:et|ou|/|&|-)\s*(?:M(?:r|onsieur)?\.?|M(?:me|lle|adame)\.?))?)\s+(?=\S)",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"^[^\W\d_]\.?$")


def _capitals(word: str) -> bool:
    return word == word.upper() and word != word.lower()


def whole_name(value: str) -> Outcome:
    """Split ``MME DE LA CRUZ Anne-Sophie`` in civility, last name and first name.

    The words in capitals at one end are the last name. A couple (``M. et Mme DURAND Jean et
    Marie``) stays one contact with both first names. When the case tells nothing
    (``Durand Karim``) the whole is kept as the last name, and said.
    """
    out = text(value, 200)
    if not out.value:
        return out
    rest, result = str(out.value), {"civility": "", "last_name": "", "first_name": ""}
    if match := _CIVILITY.match(rest):
        civility = codes.CIVILITIES.get(search_key(match[1]))
        if civility:
            result["civility"], rest = civility, rest[match.end() :]
    words = rest.split(" ")
    last = _leading_capitals(words)
    if last == len(words) and last > 1:
        # All capitals: where the last name ends is not told, unless an initial says it.
        last = last - 1 if _INITIAL.match(words[-1]) else 0
    if last:
        result["last_name"] = " ".join(words[:last])
        result["first_name"] = " ".join(words[last:])
        return Outcome(result, (), out.problems)
    trailing = _leading_capitals(words[::-1])
    if 0 < trailing < len(words):
        result["last_name"] = " ".join(words[-trailing:])
        result["first_name"] = " ".join(words[:-trailing])
        return Outcome(result, (), out.problems)
    result["last_name"] = rest
    problems = out.problems
    if len(words) > 1:
        problems = (*problems, Problem("name_not_split", value))
    return Outcome(result, (), problems)


def _leading_capitals(words: list[str]) -> int:
    count = 0
    for word in words:
        # A letter lost by an encoding ("TR?N") does not hide that a word is in capitals.
        if not _capitals(word):
            break
        count += 1
    return count
