"""Error families every room stands on."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend; the message is a sentence in French, ready to be shown."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(Exception):  # noqa: N818 - the word the views use
    """The thing asked for does not exist for this actor; never told apart from a closed door."""


class ProviderError(Exception):
    """An outside provider did not do what was asked; `code` is its own error code, if any."""

    def __init__(self, message: str = "", code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class ProviderUnavailableError(ProviderError):
    """The provider certainly did nothing: asking again later is safe."""


class ProviderUnreachableError(ProviderUnavailableError):
    """The provider was not reached at all: nobody will be, until it is back."""


class ProviderRefusedError(ProviderError):
    """The provider understood and said no: asking the same again is useless."""


class ProviderUncertainError(ProviderError):
    """Nobody can tell whether the provider did it: never ask again blindly."""
