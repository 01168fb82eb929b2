"""Who may hold which role where, and who may give it. Pure."""

from callcenter.core.permissions import MEMBER_ROLES, PLATFORM_ROLES, Role
from callcenter.members.states import OrganisationKind

_PARTNERS = frozenset({Role.CONTRACTOR})
# In the order in which they are offered.
_ORDER = tuple(Role)


def roles_of(kind: OrganisationKind) -> frozenset[Role]:
    """Return the roles that exist in an organisation of this kind."""
    if kind is OrganisationKind.PLATFORM:
        return PLATFORM_ROLES
    return MEMBER_ROLES if kind is OrganisationKind.LANDLORD else _PARTNERS


def roles_to_give(giver: Role, kind: OrganisationKind) -> tuple[Role, ...]:
    """Return the roles that ``giver`` may give in an organisation of this kind.

    The administrator gives every role that exists there; a manager never one of the
    platform's; nobody else gives any.
    """
    if giver is Role.ADMINISTRATOR:
        allowed = roles_of(kind)
    elif giver is Role.MANAGER:
        allowed = roles_of(kind) - PLATFORM_ROLES
    else:
        allowed = frozenset()
    return tuple(role for role in _ORDER if role in allowed)


def has_mandates(role: Role) -> bool:
    """Say whether a role sees members by mandate: the administrator serves them all."""
    return role in PLATFORM_ROLES and role is not Role.ADMINISTRATOR
