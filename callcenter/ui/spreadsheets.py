"""Files for spreadsheets: CSV as French ones expect it, and XLSX. Text is never a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import xlsxwriter
from flask import Response, abort

from callcenter.core import clock
from callcenter.core.spreadsheets import disarm

Cell: TypeAlias = str | int | float | Decimal | date | datetime | None

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST: Final = 60
# XLSX allows no more in one cell.
_LONGEST: Final = 32_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its name (31 characters at most), heads and rows."""

    name: str
    heads: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def file_response(kind: str, name: str, sheets: Sequence[Sheet]) -> Response:
    """Answer with ``csv`` (the first table) or ``xlsx`` (all of them); 404 for another kind."""
    if kind not in {"csv", "xlsx"}:
        abort(404)
    return csv_response(name, sheets[0]) if kind == "csv" else xlsx_response(name, sheets)


def csv_response(name: str, sheet: Sheet) -> Response:
    """Answer with one table: semicolons, decimal commas, and the mark that says UTF-8."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([disarm(head) for head in sheet.heads])
    for row in sheet.rows:
        writer.writerow([_plain(cell) for cell in row])
    return _file(out.getvalue(), "text/csv", f"{name}.csv")


def xlsx_response(name: str, sheets: Iterable[Sheet]) -> Response:
    """Answer with a workbook: numbers are numbers, days are days, instants are Paris times."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"}),
        Decimal: book.add_format({"num_format": "#,##0.00###"}),
    }
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        widths = [len(one) for one in sheet.heads]
        for column, one in enumerate(sheet.heads):
            page.write_string(0, column, disarm(one), head)
        for number, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                _write(page, number, column, cell, formats)
                widths[column] = max(widths[column], len(_plain(cell)))
        for column, width in enumerate(widths):
            page.set_column(column, column, min(width + 2, _WIDEST))
    book.close()
    return _file(out.getvalue(), _XLSX, f"{name}.xlsx")


def _write(page: Any, row: int, column: int, cell: Cell, formats: dict[type, Any]) -> None:
    match cell:
        case None | "":
            pass
        case str():
            page.write_string(row, column, disarm(cell)[:_LONGEST])
        case datetime():
            there = clock.in_paris(cell).replace(tzinfo=None)
            page.write_datetime(row, column, there, formats[datetime])
        case date():
            page.write_datetime(row, column, cell, formats[date])
        case Decimal():
            page.write_number(row, column, cell, formats[Decimal])
        case _:
            page.write_number(row, column, cell)


def _plain(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return disarm(cell)
        case datetime():
            return clock.in_paris(cell).strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return cell.isoformat()
        case Decimal() | float():
            return str(cell).replace(".", ",")
    return str(cell)


def _file(content: str | bytes, mimetype: str, name: str) -> Response:
    return Response(
        content,
        mimetype=mimetype,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
