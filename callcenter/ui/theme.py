"""One accent colour per member, readable whatever colour the member chose.

The content policy forbids style attributes: colours reach the page as classes
(``accent-12``) in one ``<style nonce>`` block of the layout.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, current_app, g
from markupsafe import Markup

from callcenter.ui.htmx import came_by_script

DEFAULT_COLOUR = "#3b5b7e"

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_WHITE = (255, 255, 255)
_LINEAR_BELOW = 0.04045
_READABLE = 4.5  # WCAG 2.2, 1.4.3: contrast of normal text


@dataclass(frozen=True, slots=True)
class Accent:
    """A member as pages show it: a colour, always with a name in words beside it."""

    member_id: int
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Face:
    """Whom a tenant's page speaks for: member, colour, and how to reach a person."""

    name: str
    colour: str = DEFAULT_COLOUR
    phone: str = ""
    hours: str = ""


def valid_colour(colour: str | None) -> str:
    """Return ``colour`` if it is ``#rrggbb``, else the default: nothing else enters a style."""
    return colour.lower() if colour and _HEX.fullmatch(colour) else DEFAULT_COLOUR


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(rgb: tuple[int, int, int]) -> float:
    """Return the relative luminance of WCAG 2.2."""

    def linear(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= _LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    high, low = sorted((_luminance(_channels(first)), _luminance(_channels(second))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable_on_white(colour: str) -> str:
    """Return the colour, darkened just enough to be read as text on white (4.5:1)."""
    rgb = _channels(valid_colour(colour))
    for step in range(21):
        keep = 1 - step / 20
        red, green, blue = (round(channel * keep) for channel in rgb)
        darker = f"#{red:02x}{green:02x}{blue:02x}"
        if contrast(darker, "#ffffff") >= _READABLE:
            return darker
    return "#000000"


def tint(colour: str, strength: float = 0.1) -> str:
    """Return a pale background of the colour: ``strength`` of it on white."""
    mixed = (
        round(white + (channel - white) * strength)
        for white, channel in zip(_WHITE, _channels(valid_colour(colour)), strict=True)
    )
    red, green, blue = mixed
    return f"#{red:02x}{green:02x}{blue:02x}"


@lru_cache(maxsize=512)
def accent_rule(selector: str, colour: str) -> str:
    """Return the CSS rule that gives ``selector`` its three accent variables."""
    sure = valid_colour(colour)
    return (
        f"{selector}{{--accent:{sure};--accent-ink:{readable_on_white(sure)};"
        f"--accent-tint:{tint(sure)}}}"
    )


def register_accents(app: Flask, source: Callable[[], Iterable[Accent]]) -> None:
    """Say where a page finds the members that the actor serves (called once per page)."""
    app.extensions["ui_accents"] = source


def accents() -> tuple[Accent, ...]:
    """Return the members that this request's actor serves, asked for once."""
    found: tuple[Accent, ...] | None = g.get("ui_accents")
    if found is None:
        source = current_app.extensions.get("ui_accents")
        found = g.ui_accents = tuple(source()) if source and g.get("actor") else ()
    return found


def accent_styles(face: Face | None = None, *, members: bool = True) -> Markup:
    """Return the rules of the layout's ``<style nonce>``.

    Each member's class (on work pages only: an error's page must stand without the
    database), and the page's own colour when it speaks for one member (``face``).
    """
    if came_by_script():
        # The page that asks has its own rules; these would carry another nonce than its own.
        return Markup()
    rules = []
    if members:
        rules = [accent_rule(f".accent-{int(one.member_id)}", one.colour) for one in accents()]
    if face:
        rules.append(accent_rule(":root", face.colour))
    return Markup("".join(rules))  # noqa: S704 - built from validated colours and integers


def init_app(app: Flask) -> None:
    """Give templates ``accent_styles(face)`` and ``accents()``."""
    app.jinja_env.globals.update(accent_styles=accent_styles, accents=accents)
