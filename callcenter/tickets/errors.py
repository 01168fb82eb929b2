"""What can go wrong when two people work on one ticket."""

from callcenter.core.errors import UserError


class ConflictError(UserError):
    """Somebody changed the ticket while this person was writing: nothing was saved or lost."""
