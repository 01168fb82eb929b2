"""The menu, as data: an entry shows when the actor may use it and its page exists."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, g, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from callcenter.core.isolation import Actor
from callcenter.core.permissions import Permission
from callcenter.ui.access import permission_of
from callcenter.ui.assets import url_for
from callcenter.ui.i18n import language


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. ``badge`` names a count given by ``register_badge``."""

    label: LazyString
    endpoint: str
    permission: Permission
    icon: str
    badge: str = ""
    hint: LazyString | str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that belong together; ``folded`` ones stand behind one word."""

    label: LazyString
    entries: tuple[Entry, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as a page shows it."""

    label: str
    url: str
    icon: str
    active: bool
    count: int = 0
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A group as a page shows it; never empty."""

    label: str
    links: tuple[Link, ...]
    folded: bool

    @property
    def active(self) -> bool:
        """Say whether the present page is in the group."""
        return any(link.active for link in self.links)


P = Permission

MENU: tuple[Group, ...] = (
    Group(
        _l("Travail"),
        (
            Entry(_l("Bureau"), "calls.desk", P.DESK_USE, "headset"),
            Entry(_l("Demandes"), "tickets.index", P.TICKETS_READ, "inbox", badge="to_accept"),
            Entry(_l("Triage"), "tickets.triage", P.TICKETS_TRIAGE, "signpost-split", "triage"),
            Entry(_l("Incidents"), "tickets.incidents", P.TICKETS_READ, "exclamation-diamond"),
            Entry(_l("Patrimoine"), "estate.index", P.ESTATE_READ, "buildings"),
            Entry(_l("Veille"), "tickets.watch", P.SUPERVISE, "binoculars"),
            Entry(_l("Supervision"), "supervision.wall", P.SUPERVISE, "bar-chart"),
        ),
    ),
    Group(
        _l("Suivi"),
        (
            Entry(_l("À rappeler"), "calls.tasks", P.DESK_USE, "telephone-outbound"),
            Entry(_l("Appels"), "calls.index", P.CALLS_READ, "telephone"),
            Entry(_l("Astreintes"), "on_call.index", P.ON_CALL_READ, "moon-stars", "on_call"),
            Entry(_l("Engagements"), "tickets.commitments", P.COMMITMENTS_READ, "clipboard-check"),
            Entry(_l("SMS envoyés"), "messaging.index", P.MESSAGING_READ, "send"),
            Entry(_l("Registre SMS"), "ledger.index", P.MESSAGING_LEDGER, "receipt"),
            Entry(_l("Message aux habitants"), "messaging.bulletins", P.BULLETIN_SEND, "megaphone"),
            Entry(_l("Satisfaction"), "satisfaction.index", P.SATISFACTION_READ, "emoji-smile"),
            Entry(_l("Main courante de nuit"), "night.index", P.ON_CALL_READ, "journal-text"),
            Entry(_l("Journal"), "audit.index", P.AUDIT_READ, "clock-history"),
        ),
        folded=True,
    ),
    Group(
        _l("Réglages"),
        (
            Entry(_l("Membres"), "members.index", P.USERS_MANAGE, "diagram-3"),
            Entry(_l("Utilisateurs"), "members.users", P.USERS_MANAGE, "people"),
            Entry(_l("Téléphonie"), "exchanges.index", P.USERS_MANAGE, "telephone-plus"),
            Entry(_l("Orientation"), "routing.rules", P.ROUTING_EDIT, "shuffle"),
            Entry(_l("Suivi par SMS"), "messaging.follow_ups", P.MESSAGING_EDIT, "chat-left-dots"),
            Entry(_l("Modèles de SMS"), "messaging.templates", P.MESSAGING_EDIT, "chat-left-text"),
            Entry(
                _l("Contrats"),
                "estate.contracts",
                P.ESTATE_IMPORT,
                "file-earmark-text",
                "contracts",
            ),
            Entry(_l("Imports"), "estate.imports", P.ESTATE_IMPORT, "upload"),
            Entry(
                _l("Corrections"),
                "estate.differences",
                P.ESTATE_IMPORT,
                "arrow-left-right",
                "differences",
            ),
        ),
        folded=True,
    ),
)

_EXTENSION = "ui_badges"


def register_badge(app: Flask, name: str, count: Callable[[], int]) -> None:
    """Say how to count the badge ``name``; asked at most once per page, so keep it cheap."""
    app.extensions.setdefault(_EXTENSION, {})[name] = count


def _count(name: str) -> int:
    source = current_app.extensions.get(_EXTENSION, {}).get(name) if name else None
    return source() if source else 0


@dataclass(frozen=True, slots=True)
class _Way:
    """An entry with its words in one language, and its address."""

    entry: Entry
    label: str
    hint: str
    url: str

    @property
    def nearness(self) -> int:
        """How near this page is: the entry's own, below it (the deeper the nearer), or 0."""
        if request.endpoint == self.entry.endpoint:
            return len(request.path) + 1
        folder = self.url.rstrip("/") + "/"
        return len(folder) if folder != "/" and request.path.startswith(folder) else 0


_Drawn = tuple[tuple[Group, str, tuple[_Way, ...]], ...]


def _drawn(permissions: frozenset[Permission]) -> _Drawn:
    """Return what these permissions open, in the request's language, from memory."""
    kept: dict[object, _Drawn] = current_app.extensions.setdefault(_EXTENSION + "_drawn", {})
    key = (permissions, language(), request.root_path)
    if key not in kept:
        kept[key] = tuple(
            (
                group,
                str(group.label),
                tuple(
                    _Way(one, str(one.label), str(one.hint), url_for(one.endpoint))
                    for one in group.entries
                    if one.endpoint in current_app.view_functions and one.permission in permissions
                ),
            )
            for group in MENU
        )
    return kept[key]


def menu() -> tuple[Section, ...]:
    """Return what this actor may open, worked out once per request."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        return ()
    made: tuple[Section, ...] | None = g.get("ui_menu")
    if made is None:
        drawn = _drawn(actor.permissions)
        near = {way.entry.endpoint: way.nearness for _, _, ways in drawn for way in ways}
        nearest = max(near.values(), default=0)
        made = g.ui_menu = tuple(
            Section(
                label,
                tuple(
                    Link(
                        label=way.label,
                        url=way.url,
                        icon=way.entry.icon,
                        active=bool(nearest) and near[way.entry.endpoint] == nearest,
                        count=_count(way.entry.badge),
                        hint=way.hint,
                    )
                    for way in ways
                ),
                group.folded,
            )
            for group, label, ways in drawn
            if ways
        )
    return made


def missing_endpoints(app: Flask) -> list[str]:
    """Return the menu's endpoints that no view answers: for a test, so that no page is lost."""
    return [
        entry.endpoint
        for group in MENU
        for entry in group.entries
        if entry.endpoint not in app.view_functions
    ]


def url_if_exists(endpoint: str, **values: str | int) -> str:
    """Return the address of a page, or "" when it isn't there or this person may not open it."""
    if endpoint not in current_app.view_functions:
        return ""
    needed = permission_of(current_app, endpoint)
    actor: Actor | None = g.get("actor")
    if isinstance(needed, Permission) and (actor is None or needed not in actor.permissions):
        return ""
    return url_for(endpoint, **values)


def init_app(app: Flask) -> None:
    """Give templates ``menu()`` and ``url_if_exists()``."""
    app.jinja_env.globals.update(menu=menu, url_if_exists=url_if_exists)
