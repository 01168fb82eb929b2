"""The one place that speaks SMTP for the outbox: one e-mail in, what that proves out.

The commands are sent one by one, because what an error proves depends on when it comes: before
the text is handed over nothing was sent; once it is, a lost answer proves nothing.
Source of the codes: RFC 5321, 4.2.1 (4yz: try again later; 5yz: never).
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage as Letter
from email.utils import format_datetime

from callcenter.core import clock
from callcenter.core.errors import (
    ProviderError,
    ProviderRefusedError,
    ProviderUnavailableError,
    ProviderUncertainError,
)
from callcenter.messaging.email_rules import is_address
from callcenter.messaging.email_sending import EmailClaim

_START_OF_DATA = 354
_OK = 250
_FIRST_ERROR, _FIRST_PERMANENT = 400, 500


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mails are handed over, and in whose name."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 20.0

    def send(self, claim: EmailClaim) -> None:
        """Hand one e-mail over; return once the server has taken it.

        Raises ProviderUnavailableError (nothing was sent, later may do), ProviderRefusedError
        (never), ProviderError (our account is refused), ProviderUncertainError (nobody knows).
        """
        try:
            letter = self._letter(claim)
        except ValueError as error:  # an address that no header can hold
            raise ProviderRefusedError(str(error)) from error
        try:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        except (OSError, smtplib.SMTPException) as error:
            raise ProviderUnavailableError(_said(error)) from error
        try:
            self._hand_over(server, claim.to_address, letter)
        finally:
            _leave(server)

    def _letter(self, claim: EmailClaim) -> Letter:
        domain = self.sender.rpartition("@")[2]
        letter = Letter()
        letter["From"] = Address(claim.from_name, addr_spec=self.sender)
        letter["To"] = Address(claim.to_name, addr_spec=claim.to_address)
        if is_address(claim.reply_to):
            letter["Reply-To"] = claim.reply_to
        letter["Subject"] = claim.subject
        letter["Date"] = format_datetime(clock.now())
        letter["Message-ID"] = f"<{claim.message_key}@{domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(claim.body, cte="quoted-printable")
        return letter

    def _hand_over(self, server: smtplib.SMTP, to_address: str, letter: Letter) -> None:
        try:
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self.user:
                server.login(self.user, self.password)
            _check(server.mail(self.sender))
            _check(server.rcpt(to_address))
            _check(server.docmd("DATA"), _START_OF_DATA)
        except smtplib.SMTPAuthenticationError as error:
            raise ProviderError(_said(error), error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ProviderUnavailableError(_said(error)) from error
        try:
            server.send(_dotted(letter.as_bytes()))
            answer = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise ProviderUncertainError(_said(error)) from error
        _check(answer)


def _check(answer: tuple[int, bytes], wanted: int = _OK) -> None:
    code, said = answer
    if code == wanted or (wanted == _OK and code // 10 == _OK // 10):
        return
    words = f"{code} {said.decode(errors='replace')}"[:300]
    if _FIRST_ERROR <= code < _FIRST_PERMANENT:
        raise ProviderUnavailableError(words, code)
    if code < 0:  # the line fell
        raise ProviderUnavailableError(words)
    raise ProviderRefusedError(words, code)


def _dotted(letter: bytes) -> bytes:
    """Lines end in CR LF and a dot alone ends the text (RFC 5321, 4.5.2)."""
    lines = letter.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    return b"".join(
        (b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines
    ) + (b".\r\n")


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return f"{type(error).__name__}: {error}"[:300]
