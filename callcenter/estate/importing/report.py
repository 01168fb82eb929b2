"""What a person gets back: a quarantine file to mend and send again, and a summary in words."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, Self

from flask_babel import gettext as _

from callcenter.core.spreadsheets import disarm
from callcenter.estate.importing.messages import CAUSE, kind_text, repair_text
from callcenter.estate.importing.outcome import KEPT
from callcenter.estate.importing.reader import Reading, RowReport, Tally


class QuarantineWriter:
    """Writes refused rows as they were, with row, column, value, cause and what to do.

    UTF-8 with its mark and ``;``, so that a French spreadsheet opens it by a double click. Its
    first columns are ours and are not known to any mapping: a mended file can be sent as it is.
    Use it in a ``with``; call it, or ``write``, for each row.
    """

    def __init__(self, file: str | Path | IO[str], header: Sequence[str]) -> None:
        self.count = 0
        self._own = isinstance(file, str | Path)
        if isinstance(file, str | Path):
            self._stream: IO[str] = Path(file).open(  # noqa: SIM115 - closed by close()
                "w", encoding="utf-8-sig", newline=""
            )
        else:
            self._stream = file
            self._stream.write("\ufeff")
        self._writer = csv.writer(self._stream, delimiter=";", lineterminator="\r\n")
        ours = (
            _("Ligne refusée"),
            _("Colonne en cause"),
            _("Valeur refusée"),
            _("Cause"),
            _("Que faire"),
        )
        self._writer.writerow([*ours, *(disarm(name) for name in header)])
        self._width = len(header)

    def write(self, row: RowReport) -> None:
        """Write one refused row; what is wrong in several columns is told in order."""
        problems = row.problems
        told = (
            str(row.line),
            " | ".join(item.column for item in problems),
            " | ".join(item.problem.value for item in problems),
            " | ".join(item.problem.cause for item in problems),
            " | ".join(dict.fromkeys(item.problem.advice for item in problems)),
        )
        padding = [""] * (self._width - len(row.cells))
        self._writer.writerow([disarm(cell) for cell in (*told, *row.cells)] + padding)
        self.count += 1

    __call__ = write

    def close(self) -> None:
        """Finish the file; a stream that was given stays open."""
        if self._own:
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def report_data(reading: Reading) -> dict[str, Any]:
    """Return the figures of a finished reading as JSON: counts, and samples by code."""
    counts = reading.counts
    return {
        "kind": str(reading.kind),
        "form": reading.details,
        "rows": counts.rows,
        "read": counts.read,
        "refused": counts.refused,
        "identical": counts.identical,
        "with_repairs": counts.with_repairs,
        "with_warnings": counts.with_warnings,
        "empty": counts.empty,
        "repeated_headers": counts.repeated_headers,
        "repairs": _tally(reading.repairs),
        "warnings": _tally(reading.warnings),
        "refusals": _tally(reading.refusals),
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        code: {"count": count, "samples": [list(sample) for sample in tally.samples[code]]}
        for code, count in sorted(tally.counts.items(), key=lambda item: -item[1])
    }


class _Blank(dict[str, str]):
    """Stands for the values of a cause that vary from row to row."""

    def __missing__(self, key: str) -> str:
        return "…"


def short_cause(code: str) -> str:
    """Return a cause without what varies from row to row."""
    return str(_(CAUSE[code])) % _Blank()


def _section(title: str, lines: Iterable[str]) -> list[str]:
    listed = [f"  - {line}" for line in lines]
    return ["", title, *listed] if listed else []


def _samples(tally: Tally, code: str) -> str:
    kept = tally.samples[code][:3]
    said = [
        _("ligne %(line)s", line=line)
        + (f", {column}" if column else "")
        + (f" : {words[:80]}" if words else "")
        for line, column, words in kept
    ]
    return " ; ".join(said)


def summary(reading: Reading) -> str:
    """Return a finished reading in words, for the command line and the screen."""
    counts = reading.counts
    lines = [
        _(
            "Fichier de %(kind)s : %(rows)s lignes de données.",
            kind=kind_text(reading.kind),
            rows=counts.rows,
        ),
        _(
            "%(read)s lues, %(refused)s refusées, %(same)s répétées à l'identique (ignorées), "
            "%(empty)s vides.",
            read=counts.read,
            refused=counts.refused,
            same=counts.identical,
            empty=counts.empty,
        ),
    ]
    lines += _section(
        _("Refusées (à corriger dans le fichier de quarantaine) :"),
        (
            f"{short_cause(code)} : {n} ({_samples(reading.refusals, code)})"
            for code, n in _ranked(reading.refusals)
        ),
    )
    lines += _section(
        _("Valeurs laissées de côté, ligne lue :"),
        (
            f"{short_cause(code)} : {n} ({_samples(reading.warnings, code)})"
            for code, n in _ranked(reading.warnings)
            if code not in KEPT
        ),
    )
    lines += _section(
        _("À vérifier, valeur gardée :"),
        (
            f"{short_cause(code)} : {n} ({_samples(reading.warnings, code)})"
            for code, n in _ranked(reading.warnings)
            if code in KEPT
        ),
    )
    lines += _section(
        _("Réparées sans doute possible :"),
        (
            f"{repair_text(code)} : {n} ({_samples(reading.repairs, code)})"
            for code, n in _ranked(reading.repairs)
        ),
    )
    return "\n".join(lines) + "\n"


def _ranked(tally: Tally) -> list[tuple[str, int]]:
    return sorted(tally.counts.items(), key=lambda item: -item[1])
