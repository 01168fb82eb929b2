"""The telephone side of the provider: ring a number, lead a call elsewhere, hang up."""

from dataclasses import dataclass
from http import HTTPStatus

from callcenter.messaging.gateway import Ambiguous, Gateway, NotSent, Rejected

RING_SECONDS = 25


_API = "https://api.twilio.com"
_GONE = 20404


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as the provider gives it."""

    content: bytes
    content_type: str


class VoiceGateway(Gateway):
    """What `Gateway` is for messages. Raises the same errors, all of them ``ProviderError``."""

    def ring(self, to: str, caller_id: str, url: str, status_url: str) -> str:
        """Ring a telephone and return the provider's id of that leg.

        ``url`` gives the instructions once it is answered; ``status_url`` is told how it ended.
        """
        self._http.forget()
        try:
            made = self._client.calls.create(
                to=to,
                from_=caller_id,
                url=url,
                status_callback=status_url,
                timeout=RING_SECONDS,
            )
        except Exception as error:
            raise self._translated(error) from error
        return str(made.sid or "")

    def lead(self, provider_id: str, url: str) -> None:
        """Have a call that goes on follow the instructions at ``url`` instead."""
        self._http.forget()
        try:
            self._client.calls(provider_id).update(url=url, method="POST")
        except Exception as error:
            raise self._translated(error) from error

    def hang_up(self, provider_id: str) -> None:
        """End a call."""
        self._http.forget()
        try:
            self._client.calls(provider_id).update(status="completed")
        except Exception as error:
            raise self._translated(error) from error

    def record(self, call_id: str, status_url: str) -> str:
        """Record a call that goes on; return the provider's id of the recording.

        ``status_url`` is told when it is done. Source:
        https://www.twilio.com/docs/voice/api/recording
        """
        self._http.forget()
        try:
            made = self._client.calls(call_id).recordings.create(
                recording_status_callback=status_url,
                recording_status_callback_event=["completed", "absent"],
                recording_channels="mono",
            )
        except Exception as error:
            raise self._translated(error) from error
        return str(made.sid or "")

    def steer_recording(self, call_id: str, recording_id: str, status: str) -> None:
        """Change a recording that goes on: ``paused``, ``in-progress`` or ``stopped``.

        Without its id: the one that goes on.
        """
        self._http.forget()
        # Nothing of a pause is kept: neither silence nor words.
        more = {"pause_behavior": "skip"} if status == "paused" else {}
        try:
            one = self._client.calls(call_id).recordings(recording_id or "Twilio.CURRENT")
            one.update(status=status, **more)
        except Exception as error:
            raise self._translated(error) from error

    def fetch_recording(self, recording_id: str, most_bytes: int) -> Sound:
        """Return a recording's sound. Raises the gateway's errors; Rejected when it is too long."""
        url = (
            f"{self.config.base_url.rstrip('/') or _API}/2010-04-01/Accounts"
            f"/{self.config.account_sid}/Recordings/{recording_id}.mp3"
        )
        try:
            status, kind, content = self._download(url, most_bytes)
        except Exception as error:
            raise self._translated(error) from error
        if status == HTTPStatus.NOT_FOUND:
            raise Rejected("no such recording", _GONE)
        if status != HTTPStatus.OK:
            raise NotSent(f"HTTP {status}")
        if len(content) > most_bytes:
            raise Rejected("the recording is too long")
        if not kind.startswith("audio/"):
            raise Ambiguous(f"not a sound: {kind[:40]}")
        return Sound(content, kind)

    def _download(self, url: str, most_bytes: int) -> tuple[int, str, bytes]:
        """Return status, content type and content, which stops a little past ``most_bytes``."""
        assert self._http.session is not None  # noqa: S101 - the parent makes it
        with self._http.session.get(
            url,
            auth=(self.config.account_sid, self.config.auth_token),
            timeout=(self.config.connect_timeout, self.config.read_timeout),
            stream=True,
        ) as answer:
            content = bytearray()
            for part in answer.iter_content(64 * 1024):
                content += part
                if len(content) > most_bytes:
                    break
            kind = str(answer.headers.get("Content-Type", "")).partition(";")[0]
            return answer.status_code, kind, bytes(content)

    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording at the provider. Rejected with code 20404 when it is gone."""
        self._http.forget()
        try:
            self._client.recordings(recording_id).delete()
        except Exception as error:
            raise self._translated(error) from error
