"""What the shell of pages asks of this room: the colours of the members that the actor serves."""

from collections.abc import Iterator

from flask import Flask, g

from callcenter.ui.theme import Accent, register_accents


def init_app(app: Flask) -> None:
    """Give each work page its members' colours, which were read with the actor."""
    register_accents(app, _served)


def _served() -> Iterator[Accent]:
    return iter(g.get("members_served", ()))
