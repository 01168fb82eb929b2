"""The clockwork's care of calls: none is shown for ever."""

from flask import Flask
from flask_babel import force_locale

from callcenter.calls import upkeep
from callcenter.calls.live_edge import tell_call
from callcenter.core.db import session_scope, transaction
from callcenter.core.isolation import Scope


def end_silent_calls(_app: Flask) -> int:
    """End the calls whose exchange has fallen silent, on every screen."""
    with session_scope(Scope(everything=True)), transaction(), force_locale("fr"):
        ended = upkeep.end_silent_calls()
        for call in ended:
            tell_call(call)
        return len(ended)
