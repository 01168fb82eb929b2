"""What rooms above the estate show on its pages: they register, the estate asks.

The estate may not import tickets and calls; they know of places, places don't know of them.
"""

from collections.abc import Callable

from flask import Flask, current_app
from markupsafe import Markup

PlacePanel = Callable[[int, int, int | None], str]
FoundPanel = Callable[[str], str]

_EXTENSION = "estate_panels"
_FOUND = "estate_found_panels"


def register_place_panel(app: Flask, render: PlacePanel) -> None:
    """Add a panel to the pages of homes and residences.

    ``render(member_id, residence_id, dwelling_id)`` returns HTML that is safe as it stands, or
    "" for nothing; ``dwelling_id`` is None on a residence's page. Keep it to few statements.
    """
    app.extensions.setdefault(_EXTENSION, []).append(render)


def place_panels(member_id: int, residence_id: int, dwelling_id: int | None) -> list[Markup]:
    """Return the panels of the other rooms for a place, in the order they were registered."""
    made = [
        render(member_id, residence_id, dwelling_id)
        for render in current_app.extensions.get(_EXTENSION, ())
    ]
    return [Markup(html) for html in made if html]  # noqa: S704 - rendered by our own templates


def register_found_panel(app: Flask, render: FoundPanel) -> None:
    """Add what another room finds to the results of the one search box.

    ``render(typed)`` returns HTML that is safe as it stands, or "" when it finds nothing or the
    person may not see it; asked at each pause while typing, so keep it to an indexed statement.
    """
    app.extensions.setdefault(_FOUND, []).append(render)


def found_panels(typed: str) -> list[Markup]:
    """Return what the other rooms find for what was typed."""
    made = [render(typed) for render in current_app.extensions.get(_FOUND, ())]
    return [Markup(html) for html in made if html]  # noqa: S704 - rendered by our own templates
