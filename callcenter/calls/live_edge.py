"""The edge of live calls: what views and webhooks share to tell the screens after the commit."""

from callcenter.calls.live_cards import LineWords, call_event, presence_event
from callcenter.calls.live_queries import line_words
from callcenter.calls.models import Call
from callcenter.calls.presence import Agent
from callcenter.core import live
from callcenter.core.db import after_commit
from callcenter.core.live import LiveEvent
from callcenter.tickets.incident_models import Incident


def tell_call(call: Call, words: LineWords | None = None) -> None:
    """Have every desk concerned show this call as it is now, once it is committed.

    ``words`` name its line and member where the caller has them at hand; else one statement.
    """
    event = call_event(call, words or line_words(call))
    after_commit(lambda: live.publish(event))


def tell_incident(incident: Incident) -> None:
    """Have the desks that show this place look at it again, once it is committed."""
    event = LiveEvent(
        "incident",
        incident.member_id,
        {"member_id": incident.member_id, "residence_id": incident.residence_id},
    )
    after_commit(lambda: live.publish(event))


def tell_presence(home_id: int, agent: Agent | None) -> None:
    """Have the person and the supervisors see a change of presence, once it is committed."""
    if agent is None:
        return
    event = presence_event(home_id, agent)
    after_commit(lambda: live.publish(event))
