"""What the views of the sandbox share: its account, phones, behaviours and deliveries."""

import threading
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from sandbox.behaviour import Behaviours
from sandbox.delivery import Account, Delivery
from sandbox.mail import MailBox
from sandbox.recordings import Recordings
from sandbox.store import Store
from sandbox.voice import Switchboard
from sandbox.voice_script import Script


@dataclass(slots=True)
class State:
    """One running sandbox. `webhook_origin` is where answers typed on a phone are sent."""

    account: Account
    store: Store
    delivery: Delivery
    webhook_origin: str
    inbound_path: str = "/webhooks/twilio/sms"
    behaviours: Behaviours = field(default_factory=Behaviours)
    mail: MailBox = field(default_factory=MailBox)
    stopping: threading.Event = field(default_factory=threading.Event)
    board: Switchboard = field(init=False)
    script: Script = field(init=False)
    recordings: Recordings = field(default_factory=Recordings)

    def __post_init__(self) -> None:
        self.board = Switchboard(self.store)
        self.script = Script(self.board, self.account, self.recordings)

    def stop(self) -> None:
        """Let go of held requests, stop deliveries, write what is not written."""
        self.stopping.set()
        self.delivery.stop()
        self.mail.close()
        self.store.close()


def state() -> State:
    """Return the state of the sandbox that serves this request."""
    return cast("State", current_app.extensions["sandbox"])
