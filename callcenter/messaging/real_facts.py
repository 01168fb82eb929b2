"""Facts of real requests, for previews: the room above fills in what this one can't read.

A template is edited here and filled by tickets, which stand above; they register how.
"""

from collections.abc import Sequence
from typing import Protocol

from flask import Flask, current_app

_EXTENSION = "message_facts"


class FactsSource(Protocol):
    """Where facts of requests come from; both see no more than the actor of the request."""

    def recent(self, member_id: int) -> Sequence[tuple[int, str]]:
        """Return (number, words) of some requests of a member, the newest first."""

    def values(self, ticket_id: int, language: str) -> dict[str, str] | None:
        """Return what a template may name of a request, without its private address."""


def register_facts(app: Flask, source: FactsSource) -> None:
    """Say where facts come from (once per application)."""
    app.extensions[_EXTENSION] = source


def facts_source() -> FactsSource | None:
    """Return where facts come from, if anywhere."""
    found: FactsSource | None = current_app.extensions.get(_EXTENSION)
    return found
