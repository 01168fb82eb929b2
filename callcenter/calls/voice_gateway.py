"""The telephone side of the provider: ring a number, lead a call elsewhere, hang up."""

from callcenter.messaging.gateway import Gateway

RING_SECONDS = 25


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
