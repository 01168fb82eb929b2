"""What the views of the sandbox share: its account, phones, behaviours and deliveries."""

import threading
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from sandbox.behaviour import Behaviours
from sandbox.delivery import Account, Delivery
from sandbox.store import Store


@dataclass(slots=True)
class State:
    """One running sandbox. `webhook_origin` is where answers typed on a phone are sent."""

    account: Account
    store: Store
    delivery: Delivery
    webhook_origin: str
    inbound_path: str = "/webhooks/twilio/sms"
    behaviours: Behaviours = field(default_factory=Behaviours)
    stopping: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Let go of held requests, stop deliveries, write what is not written."""
        self.stopping.set()
        self.delivery.stop()
        self.store.close()


def state() -> State:
    """Return the state of the sandbox that serves this request."""
    return cast("State", current_app.extensions["sandbox"])
