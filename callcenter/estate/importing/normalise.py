"""One way to fold text, for names and addresses, shared by the import and the search.

What a member wrote is what people see; the folded form is only ever compared.
"""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS = str.maketrans(
    {
        "ł": "l", "ı": "i", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss",
        "œ": "oe", "æ": "ae", "ħ": "h", "ŋ": "n", "²": "2", "³": "3", "\ufffd": "",
    }
)  # fmt: skip
# A letter lost by an old encoding stands as "?" inside a word: fold it to nothing, so that
# TR?N stays one word and is still near TRAN for a trigram search.
_LOST_LETTER = re.compile(r"(?<=\w)\?(?=\w)|(?<!\w)\?(?=\w)")
_NOT_WORD = re.compile(r"[^0-9a-z]+")

_PARTICLES = frozenset(
    "de du des la le les sur sous en aux au et à lès bis ter d l".split()  # noqa: SIM905
)
_ROMAN = re.compile(r"^(?=[IVX])(X{0,3})(IX|IV|V?I{0,3})$")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


@lru_cache(maxsize=65536)
def search_key(text: str) -> str:
    """Fold ``text`` for comparison: lower case, no accents, punctuation as single spaces.

    >>> search_key("L'Hostis-MÜLLER,  Œuf n°2")
    'l hostis muller oeuf n 2'
    """
    if text.isascii():
        folded = text.lower()
    else:
        # Lower first: "İ" gives an "i" and a mark, which the decomposition then drops.
        folded = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
        folded = "".join(c for c in folded if not unicodedata.combining(c))
    if "?" in folded:
        folded = _LOST_LETTER.sub("", folded)
    return _NOT_WORD.sub(" ", folded).strip()


def tidy(text: str) -> str:
    """Return ``text`` with every run of blanks (also no-break ones) as one space."""
    return " ".join(text.split())


@lru_cache(maxsize=16384)
def nice_case(text: str) -> str:
    """Return a place name as people write it when it came in upper case only.

    ``VILLENAVE-D'ORNON`` gives ``Villenave-d'Ornon``. A text that already holds a lower-case
    letter is left as it is. Accents that the source lost are never invented.
    """
    text = tidy(text)
    if text != text.upper():
        return text
    words = _WORD.findall(text)

    def cased(match: re.Match[str]) -> str:
        word = match.group()
        lower = word.lower()
        if lower in _PARTICLES and (match.start() > 0 or (len(words) > 1 and lower in _INNER)):
            return lower
        if _ROMAN.match(word) and len(words) > 1 and lower != "l":
            return word
        return word[0] + lower[1:]

    return _WORD.sub(cased, text)


# Particles that stay small even at the head of a street's name: "de Bordeaux", "du Stade".
_INNER = frozenset({"de", "du", "des", "d", "aux", "au", "à"})
