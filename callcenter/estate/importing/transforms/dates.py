"""Dates as people and spreadsheets write them."""

import datetime as dt
import re

from callcenter.estate.importing.outcome import NOTHING, Outcome, Repair, refuse

_DMY = re.compile(r"^(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4}|\d{2})(?: 00:00(?::00)?)?$")
_ISO = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.0+)?)?$")
_COMPACT = re.compile(r"^(19|20)(\d{2})(\d{2})(\d{2})$")
_SERIAL = re.compile(r"^(\d{5})(?:[.,]\d+)?$")
# Day 0 of a spreadsheet, shifted for its false 29 February 1900.
_EPOCH = dt.date(1899, 12, 30)
# 1954-10-03 to 2064-04-08: outside, five digits are no date of a lease or a contract.
_SERIALS = range(20_000, 60_000)
# A year on two digits: 00 to 59 belong to 2000, 60 to 99 to 1900. No lease is older than 1960.
_PIVOT = 60
_YEARS = range(1900, 2101)


def date(value: str) -> Outcome:
    """Return a date from ``31/12/2026``, ``31.12.26``, ISO, ``20261231`` or a serial number.

    Day comes before month, as French systems write. A two-digit year and a serial number are
    told as repairs. A date that doesn't exist is refused, never moved.
    """
    clean = value.strip()
    if not clean:
        return NOTHING
    repair = ""
    if match := _ISO.match(clean):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := _DMY.match(clean):
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if len(match[4]) == 2:  # noqa: PLR2004 - a year on two digits
            year += 2000 if year < _PIVOT else 1900
            repair = "century"
    elif match := _COMPACT.match(clean):
        year, month, day = int(match[1] + match[2]), int(match[3]), int(match[4])
    elif (match := _SERIAL.match(clean)) and int(match[1]) in _SERIALS:
        found = _EPOCH + dt.timedelta(days=int(match[1]))
        return Outcome(found, (Repair("excel_serial", value, found.isoformat()),))
    else:
        return refuse("bad_date", value)
    if year not in _YEARS:
        return refuse("impossible_date", value)
    try:
        found = dt.date(year, month, day)
    except ValueError:
        return refuse("impossible_date", value)
    return Outcome(found, (Repair(repair, value, found.isoformat()),) if repair else ())
