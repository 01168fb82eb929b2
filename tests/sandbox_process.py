"""The sandbox as tests use it: a real process, driven over HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import requests

from callcenter.messaging.gateway import Gateway, GatewayConfig

ROOT = Path(__file__).resolve().parent.parent
ACCOUNT_SID = "AC" + "0" * 31 + "1"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
SENDER = "38100"


class SandboxProcess:
    """One sandbox on a free port. `with SandboxProcess() as sandbox:` or start() and stop()."""

    def __init__(
        self,
        webhook_origin: str = "http://127.0.0.1:9",
        *,
        callback_ms: int = 10,
        data: Path | None = None,
        account_sid: str = ACCOUNT_SID,
        auth_token: str = AUTH_TOKEN,
    ) -> None:
        self.webhook_origin = webhook_origin
        self.callback_ms = callback_ms
        self.data = data
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.url = ""
        self.smtp_port = 0
        self._process: subprocess.Popen[str] | None = None
        self._http = requests.Session()
        self._http.trust_env = False

    def start(self, port: int = 0) -> Self:
        """Start it and wait until it answers; `port` 0 takes a free one."""
        command = [sys.executable, "-m", "sandbox", "--port", str(port)]
        command += ["--webhook-origin", self.webhook_origin]
        command += ["--callback-ms", str(self.callback_ms)]
        command += ["--smtp-port", "0"]
        if self.data:
            command += ["--data", str(self.data)]
        account = {
            "SANDBOX_ACCOUNT_SID": self.account_sid,
            "SANDBOX_AUTH_TOKEN": self.auth_token,
        }
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | account, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        # The line comes once the port is bound, so that there is nothing to wait for after it.
        line = self._process.stdout.readline()
        if "http://" not in line:
            self.stop()
            raise RuntimeError("the sandbox did not start")
        self.url = line.split()[-1].rstrip("/")
        self.smtp_port = int(self._process.stdout.readline().rpartition(":")[2])
        return self

    def stop(self) -> None:
        """Ask it to stop, as Ctrl-C does, and wait."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """Kill it at once, as a power cut does."""
        self._end(subprocess.Popen.kill)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()
        self._http.close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])

    def configure(
        self, *, scope: str = "all", number: str = "", count: int = 1, **behaviour: Any
    ) -> None:
        """Choose a behaviour: `outcome`, `code`, `delay_ms`, `callbacks`, … (see Behaviour).

        `scope` is all, next (the `count` next messages) or number (messages to `number`).
        """
        fields = behaviour | {"scope": scope, "number": number, "count": count}
        self._post("behaviour", fields)

    def settings(self, **fields: Any) -> None:
        """Change `webhook_origin`, `inbound_path` or `callback_ms`."""
        self._post("settings", fields)

    def reset(self) -> None:
        """Forget messages, phones and behaviours."""
        self._post("reset", {})

    def messages(self, phone: str = "") -> list[dict[str, Any]]:
        """Return the messages, oldest first, of all phones or one."""
        answer = self._http.get(
            f"{self.url}/sandbox/api/messages", params={"phone": phone}, timeout=30
        )
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def received(self, phone: str = "") -> list[str]:
        """Return the texts that arrived on all phones or one, oldest first."""
        return [one["body"] for one in self.messages(phone) if one["direction"] != "inbound"]

    def inbound(self, sender: str, body: str, to: str = SENDER, **more: Any) -> dict[str, Any]:
        """Write `body` from the phone `sender`; return its `sid` and the app's `http` answer."""
        return self._post("inbound", {"from": sender, "to": to, "body": body} | more)

    def mails(self, word: str = "") -> list[dict[str, Any]]:
        """Return the e-mails caught, oldest first; those that hold a word if one is given."""
        answer = self._http.get(f"{self.url}/sandbox/api/mails", params={"q": word}, timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["mails"]
        return found

    def refuse_mails(self, how: str, count: int = 1) -> None:
        """Refuse the next e-mails: temporary, permanent or dropped."""
        self._post("mails/refusals", {"how": how, "count": count})

    def wait_for(
        self,
        found: Callable[[list[dict[str, Any]]], bool],
        phone: str = "",
        seconds: float = 10,
    ) -> list[dict[str, Any]]:
        """Wait until the messages satisfy `found`, and return them."""
        limit = time.monotonic() + seconds
        while True:
            messages = self.messages(phone)
            if found(messages):
                return messages
            if time.monotonic() > limit:
                raise AssertionError(f"not seen within {seconds} s; messages: {messages}")
            time.sleep(0.02)

    def voice(self, **fields: Any) -> None:
        """Change `answers` (auto, manual, never) or `play` (seconds of one turn of music)."""
        self._post("voice", fields)

    def dial(self, sender: str, to: str) -> str:
        """Call `to` from the phone `sender`; return the call's id."""
        sid: str = self._post("calls", {"from": sender, "to": to})["sid"]
        return sid

    def calls(self) -> list[dict[str, Any]]:
        """Return every leg, oldest first."""
        answer = self._http.get(f"{self.url}/sandbox/api/calls", timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["calls"]
        return found

    def call(self, sid: str) -> dict[str, Any]:
        """Return one leg, with what was heard."""
        return next(one for one in self.calls() if one["sid"] == sid)

    def act(self, sid: str, what: str, **fields: str) -> bool:
        """`keys` (digits), `words`, `pick-up` or `hang-up` on a leg."""
        return bool(self._post(f"calls/{sid}/{what}", fields)["ok"])

    def recordings(self) -> list[dict[str, Any]]:
        """Return the recordings that the provider still has, oldest first."""
        answer = self._http.get(f"{self.url}/sandbox/api/recordings", timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["recordings"]
        return found

    def gateway(self, **changes: Any) -> Gateway:
        """Return a gateway that sends here."""
        settings: dict[str, Any] = {
            "account_sid": self.account_sid,
            "auth_token": self.auth_token,
            "sender": SENDER,
            "base_url": self.url,
            "connect_timeout": 1.0,
            "read_timeout": 5.0,
        }
        return Gateway(GatewayConfig(**(settings | changes)))

    def _post(self, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(f"{self.url}/sandbox/api/{path}", json=fields, timeout=60)
        if not answer.ok:
            raise AssertionError(f"{path}: {answer.status_code} {answer.text}")
        said: dict[str, Any] = answer.json()
        return said

    def _end(self, how: Callable[["subprocess.Popen[str]"], None]) -> None:
        if self._process is None:
            return
        how(self._process)
        self._process.wait(10)
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None


@contextmanager
def running_sandbox(webhook_origin: str = "http://127.0.0.1:9") -> Iterator[SandboxProcess]:
    """Run a sandbox for the length of a block."""
    with SandboxProcess(webhook_origin) as sandbox:
        yield sandbox
