"""Who does something to a ticket: a person signed in, the tenant, or the platform's clock."""

from dataclasses import dataclass

from flask_babel import gettext as _

from callcenter.core.isolation import Actor
from callcenter.core.permissions import PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True)
class Author:
    """A name on a row. The label is text, because a member can't read the platform's accounts."""

    label: str
    user_id: int | None = None
    organisation_id: int | None = None


def author_of(actor: Actor) -> Author:
    """Return the signed-in person as an author."""
    return Author(actor.name, actor.user_id or None, actor.organisation_id)


def partner_actor(member_id: int, organisation_id: int, name: str) -> Actor:
    """Return an organisation without accounts, known by its signed link alone.

    It may do what a contractor's account may, and has no account (``user_id`` 0).
    """
    return Actor(
        user_id=0,
        name=_("%(organisme)s (par lien)", organisme=name),
        role=Role.CONTRACTOR,
        home_id=member_id,
        organisation_id=organisation_id,
        member_ids=frozenset({member_id}),
        permissions=PERMISSIONS[Role.CONTRACTOR] - {Permission.ACCOUNT_OWN},
    )


def tenant_author() -> Author:
    """Return the tenant, known by the private link alone."""
    return Author(_("Locataire"))


def machine_author() -> Author:
    """Return the platform acting by itself (a delay has passed)."""
    return Author(_("Plateforme (automatique)"))
