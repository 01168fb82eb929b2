"""What an SMS may hold and what it costs: the GSM-7 alphabet, segments, templates.

Pure rules. One letter outside GSM-7 turns the whole message into UCS-2 (70 characters a
segment instead of 160), so what can be written otherwise is, and nothing else is touched.
Source: 3GPP TS 23.038 (alphabet) and TS 23.040 (concatenation).
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _

from callcenter.core.errors import UserError

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these is sent as an escape followed by one more septet: two units.
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
GSM_7 = GSM_BASIC | GSM_EXTENDED

GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

# The provider refuses a longer body (Twilio error 21617).
MAX_BODY_LENGTH = 1600
MAX_VALUE_LENGTH = 160
# What is said to everybody is the message itself, and not a fact in it.
_LONGER = {"nouvelle": 320, "suites": 1200}
# Beyond it a character is a surrogate pair in UTF-16.
_LAST_SINGLE_UNIT = 0xFFFF

_REPLACEMENTS = {
    "’": "'", "‘": "'", "‚": "'", "‛": "'", "ʼ": "'", "′": "'", "´": "'", "`": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "―": "-", "−": "-", "•": "-", "·": ".",
    "…": "...", "œ": "oe", "Œ": "OE", "ÿ": "y", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ẞ": "SS", "×": "x", "÷": "/", "⁄": "/",
    "→": "->", "←": "<-", "©": "(c)", "®": "(r)", "°": "o", "\t": " ",
    # Invisible: they cost a UCS-2 message and show nothing.
    "\u00ad": "", "\u200b": "", "\u2060": "", "\ufeff": "", "\u2028": "\n", "\u2029": "\n",
}  # fmt: skip
_COMBINING = re.compile("[\u0300-\u036f]")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Encoding(StrEnum):
    """How a message travels; it decides the price."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class SmsSize:
    """Size of a message as it will be billed.

    `units` are septets (GSM-7) or UTF-16 code units (UCS-2); `offending` lists once each, in
    order, the characters that forced UCS-2; `remaining` is what still fits in the last segment.
    """

    encoding: Encoding
    units: int
    segments: int
    offending: tuple[str, ...]
    remaining: int


@dataclass(frozen=True, slots=True)
class GsmText:
    """A transliterated text and the characters that could not be brought into GSM-7."""

    text: str
    offending: tuple[str, ...]


def offending_characters(text: str) -> tuple[str, ...]:
    """Return the characters of `text` outside GSM-7, once each, in order of appearance."""
    return tuple(dict.fromkeys(char for char in text if char not in GSM_7))


def to_gsm7(text: str) -> str:
    """Transliterate what is outside GSM-7 and has an honest equivalent; keep all the rest.

    é è à ù stay as they are, ç becomes c, « » become quotes. Emoji and other scripts have no
    equivalent: they stay, and the message travels as UCS-2. Applying it twice changes nothing.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    # French quotes carry their own inner spaces, straight ones do not.
    text = re.sub(r"(«|‹)[ \u00a0\u2009\u202f]+", r"\1", text)
    text = re.sub(r"[ \u00a0\u2009\u202f]+(»|›)", r"\1", text)
    out: list[str] = []
    for char in text:
        if char in GSM_7:
            out.append(char)
        elif _COMBINING.match(char) and out and out[-1][-1:] in GSM_7:
            continue  # an accent left alone after its letter has been made plain
        else:
            piece = _transliterate(char)
            if piece:
                out.append(piece)
    return "".join(out)


def to_gsm7_strict(text: str) -> GsmText:
    """Transliterate like `to_gsm7` and say which characters still force UCS-2."""
    result = to_gsm7(text)
    return GsmText(result, offending_characters(result))


def split_segments(text: str) -> list[str]:
    """Cut `text` into the segments that will travel, whole characters only.

    An escape pair (GSM-7) or a surrogate pair (UCS-2) that would straddle two segments goes
    entirely to the second. An empty text has no segment.
    """
    gsm = not offending_characters(text)
    single, part = (GSM_SINGLE, GSM_PART) if gsm else (UCS2_SINGLE, UCS2_PART)
    if not text:
        return []
    if sum(_width(char, gsm=gsm) for char in text) <= single:
        return [text]
    segments: list[str] = []
    start = used = 0
    for index, char in enumerate(text):
        width = _width(char, gsm=gsm)
        if used + width > part:
            segments.append(text[start:index])
            start, used = index, 0
        used += width
    segments.append(text[start:])
    return segments


def count_segments(text: str) -> SmsSize:
    """Return what `text` costs, exactly as given (transliterate first with `to_gsm7`)."""
    offending = offending_characters(text)
    gsm = not offending
    single, part = (GSM_SINGLE, GSM_PART) if gsm else (UCS2_SINGLE, UCS2_PART)
    units = sum(_width(char, gsm=gsm) for char in text)
    segments = split_segments(text)
    if len(segments) <= 1:
        remaining = single - units
    else:
        remaining = part - sum(_width(char, gsm=gsm) for char in segments[-1])
    encoding = Encoding.GSM_7 if gsm else Encoding.UCS_2
    return SmsSize(encoding, units, len(segments), offending, remaining)


def placeholders(template: str) -> tuple[str, ...]:
    """Return the names between braces in `template`, once each, in order.

    Raises UserError when a brace is left alone or a name is not made of lower-case letters,
    digits and underscores.
    """
    names = tuple(dict.fromkeys(found.strip() for found in _PLACEHOLDER.findall(template)))
    rest = _PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest:
        raise UserError(_("Une accolade est restée ouverte : écrivez {reference}."), field="body")
    for name in names:
        if not _NAME.fullmatch(name):
            raise UserError(
                _("« {%(name)s} » n'est pas un nom de champ valable.", name=name), field="body"
            )
    return names


def check_template(
    template: str, known: Collection[str], required: Collection[str] = ()
) -> tuple[str, ...]:
    """Check a template as it is edited and return its placeholders.

    `known` are the names that may stand in it, `required` those that must. Raises UserError
    naming all the unknown, or all the missing ones.
    """
    if not template.strip():
        raise UserError(_("Écrivez le texte du message."), field="body")
    names = placeholders(template)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UserError(
            _(
                "Champ inconnu : %(names)s. Champs possibles : %(known)s.",
                names=_listed(unknown),
                known=_listed(sorted(known)),
            ),
            field="body",
        )
    missing = [name for name in required if name not in names]
    if missing:
        raise UserError(
            _("Champ obligatoire absent : %(names)s.", names=_listed(missing)), field="body"
        )
    return names


def render(template: str, values: Mapping[str, object]) -> str:
    """Fill `template` with `values`, each made safe; values never bring placeholders of their own.

    Raises UserError naming the placeholders without a value (absent, None or blank): a message
    with a hole in it is not sent. Values the template does not use are ignored.
    """
    clean = {
        name: sanitise_value(values[name], _LONGER.get(name, MAX_VALUE_LENGTH))
        for name in placeholders(template)
        if values.get(name) is not None
    }
    missing = [name for name in placeholders(template) if not clean.get(name)]
    if missing:
        raise UserError(
            _("Il manque une valeur pour : %(names)s.", names=_listed(missing)), field="body"
        )
    return _PLACEHOLDER.sub(lambda match: clean[match.group(1).strip()], template)


def sanitise_value(value: object, limit: int = MAX_VALUE_LENGTH) -> str:
    """Return `value` as one line of plain text.

    Line breaks and control or invisible direction characters are removed, so that a name typed
    by somebody cannot rearrange the message; a long value is cut, except an address (http…),
    which would no longer work.
    """
    text = unicodedata.normalize("NFC", str(value))
    text = re.sub(r"\s+", " ", text)
    kept = (char for char in text if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"})
    text = " ".join("".join(kept).split())
    if len(text) > limit and not text.startswith(("https://", "http://")):
        text = text[: limit - 3].rstrip() + "..."
    return text


def _width(char: str, *, gsm: bool) -> int:
    if gsm:
        return 2 if char in GSM_EXTENDED else 1
    return 2 if ord(char) > _LAST_SINGLE_UNIT else 1


def _transliterate(char: str) -> str:
    if char in _REPLACEMENTS:
        return _REPLACEMENTS[char]
    category = unicodedata.category(char)
    if category == "Cc":
        return ""
    if category == "Zs":
        return " "
    plain = _COMBINING.sub("", unicodedata.normalize("NFKD", char))
    plain = "".join(_REPLACEMENTS.get(piece, piece) for piece in plain)
    if plain and all(piece in GSM_7 for piece in plain):
        return plain
    return char


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
