"""Shifts as a file: a table for a spreadsheet, or a calendar for a telephone (RFC 5545)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from flask_babel import gettext as _

from callcenter.core import clock
from callcenter.core.phone import format_phone
from callcenter.core.spreadsheets import csv_lines
from callcenter.oncall.models import OnCallPerson, OnCallRota, OnCallShift

Rows = Sequence[tuple[OnCallShift, OnCallPerson]]

# A line of a calendar file holds at most 75 octets; longer ones go on after CRLF and a space.
_OCTETS: Final = 74


def as_csv(rotas: Sequence[OnCallRota], rows: Rows) -> str:
    """Return the shifts with semicolons, as French spreadsheets read them."""
    names = {rota.id: rota.name for rota in rotas}
    table = [
        (_("Astreinte"), _("Personne"), _("Organisme"), _("Numéro"), _("Début"), _("Fin"),
         _("Remplace"))
    ]  # fmt: skip
    table += [
        (
            names.get(shift.on_call_rota_id, ""),
            person.name,
            person.firm,
            format_phone(person.number),
            f"{clock.in_paris(shift.starts_at):%d/%m/%Y %H:%M}",
            f"{clock.in_paris(shift.ends_at):%d/%m/%Y %H:%M}",
            shift.replaced_name,
        )
        for shift, person in rows
    ]
    return "".join(csv_lines(table))


def as_calendar(member: str, rotas: Sequence[OnCallRota], rows: Rows) -> str:
    """Return the shifts as a calendar that telephones and mail programs import."""
    names = {rota.id: rota.name for rota in rotas}
    stamp = _utc(clock.now())
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//callcenter//on-call//FR",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_escaped(_('Astreintes %(member)s', member=member))}",
    ]
    for shift, person in rows:
        rota = names.get(shift.on_call_rota_id, "")
        lines += [
            "BEGIN:VEVENT",
            f"UID:on-call-shift-{shift.id}@callcenter",
            f"DTSTAMP:{stamp}",
            f"DTSTART:{_utc(shift.starts_at)}",
            f"DTEND:{_utc(shift.ends_at)}",
            f"SUMMARY:{_escaped(f'{rota} : {person.label}')}",
            f"DESCRIPTION:{_escaped(format_phone(person.number))}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    parts: list[str] = []
    current = ""
    for letter in line:
        if len((current + letter).encode()) > _OCTETS:
            parts.append(current)
            current = ""
        current += letter
    return "\r\n ".join([*parts, current])
